"""Inflates a PNG by ISA-L, while Pillow undoes the filters of the rows that are inflated already.

Pillow inflates by zlib, which takes half of its time for a PNG. It calls a method, `load_read`, for the next bytes of
the zlib stream; here that returns the same stream with its data stored, not compressed. So Pillow does all else:
interlacing, palettes, depths, the checksum, and reports of damage.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import PIL.Image

from imgcuda.images import fast_deflate

SMALL = 1 << 18
"""A picture with fewer pixels is read by Pillow alone."""

TAKEN = 1 << 18
"""The compressed bytes that are inflated at once."""
MOST = 1 << 22
"""The most bytes that one piece may inflate to; the rest of its data is inflated next."""

BLOCK = 65535
"""The most bytes in a stored block."""
LAST_BLOCK = struct.pack("<BHH", 1, 0, 0xFFFF)

Read = Callable[[int], bytes]


def load(picture: PIL.Image.Image) -> None:
    """Load the pixels of a picture that Pillow has opened; all but large PNGs as Pillow does."""
    inflater = fast_deflate.inflater() if _is_worth_it(picture) else None
    if inflater is None:
        picture.load()
        return
    methods = vars(picture)
    with ThreadPoolExecutor(1) as pool:
        pieces = _pieces(getattr(picture, "load_read"), inflater, pool)  # noqa: B009  # a PNG's alone
        methods["load_read"] = lambda count: next(pieces, b"")
        try:
            picture.load()
        finally:
            pieces.close()
            del methods["load_read"]


def _is_worth_it(picture: PIL.Image.Image) -> bool:
    is_still = picture.format == "PNG" and not getattr(picture, "is_animated", False)
    return is_still and picture.width * picture.height >= SMALL


def _pieces(read: Read, inflater: Any, pool: ThreadPoolExecutor) -> Generator[bytes, None, None]:
    """Yield a zlib stream in pieces, stored; each is made while the one before is used."""
    data = _taken(read)
    yield data[:2]
    if not _is_zlib(data[:2]):
        yield data[2:]
    else:
        making = pool.submit(_inflated, inflater, data[2:])
        while True:
            piece, rest, ended = making.result()
            if ended:
                yield piece + LAST_BLOCK + rest
                break
            rest = rest or _taken(read)
            if not rest and not piece:
                return  # it is cut short
            making = pool.submit(_inflated, inflater, rest)
            if piece:
                yield piece
    while data := _taken(read):  # the bytes behind the stream
        yield data


def _taken(read: Read) -> bytes:
    """Return the next compressed bytes; none at the end."""
    parts, left = [], TAKEN
    try:
        while left > 0 and (part := read(left)):
            parts.append(part)
            left -= len(part)
    except (struct.error, SyntaxError, EOFError):  # the file ends without a chunk IEND, which is no harm
        pass
    return b"".join(parts)


def _is_zlib(header: bytes) -> bool:
    """Return whether zlib accepts a stream's header: deflate, without a dictionary."""
    return len(header) == 2 and header[0] & 0x8F == 8 and not header[1] & 0x20 and not int.from_bytes(header) % 31


def _inflated(inflater: Any, data: bytes) -> tuple[bytes, bytes, bool]:
    """Return inflated data as stored blocks, the compressed data that are left, and whether the stream has ended."""
    try:
        found = memoryview(inflater.decompress(data, MOST))
    except Exception as error:
        raise OSError("broken data stream") from error  # as Pillow calls it
    parts: list[bytes | memoryview] = []
    for start in range(0, len(found), BLOCK):
        block = found[start : start + BLOCK]
        parts += [struct.pack("<BHH", 0, len(block), len(block) ^ 0xFFFF), block]
    return b"".join(parts), inflater.unused_data if inflater.eof else inflater.unconsumed_tail, inflater.eof
