"""Reads an AVIF's boxes for its bits per sample and its other pictures, like gain maps; the decoder reports neither."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import IO, NamedTuple

HEAD = 1 << 20
"""The bytes in which the box `meta` is searched; it lists the items of the file."""

_HEADERS = {b"meta": 4, b"iinf": 6, b"iprp": 0, b"ipco": 0}
"""Boxes that hold others, and how many bytes are before those."""

_NAMES = {
    b"tmap": "gain map",
    b"urn:com:photo:aux:hdrgainmap": "gain map",
    b"urn:mpeg:mpegB:cicp:systems:auxiliary:depth": "depth map",
    b"urn:mpeg:hevc:2015:auxid:2": "depth map",
}


class _Box(NamedTuple):
    kind: bytes
    start: int
    """The offset of its contents."""
    end: int


def bits(stream: IO[bytes]) -> int:
    """Return the bits of a sample: 8, 10 or 12, as two bits in the third byte of the box `av1C` say."""
    head = stream.read(1 << 16)
    place = head.find(b"av1C")
    flags = head[place + 6] if 0 <= place < len(head) - 6 else 0
    return (12 if flags & 0x20 else 10) if flags & 0x40 else 8


def others(stream: IO[bytes]) -> Iterator[str]:
    """Return a sentence for each other picture that belongs to the one that is read, and is left out."""
    data = stream.read(HEAD)
    found = (_NAMES.get(_what(data, box)) for box in _boxes(data, 0, len(data)))
    for name in dict.fromkeys(found):
        if name:
            yield f"its {name} is left out"


def _boxes(data: bytes, start: int, end: int, depth: int = 3) -> Iterator[_Box]:
    """Return the boxes in a part of the data, and those in them, as far as they can be read."""
    while start + 8 <= end:
        size, kind = struct.unpack_from(">I4s", data, start)
        stop = min(end, start + size) if size else end
        if 0 < size < 8:
            return
        yield _Box(kind, start + 8, stop)
        if depth and kind in _HEADERS:
            wide = kind == b"iinf" and data[start + 8 : start + 9] != b"\0"  # its count has four bytes then, not two
            yield from _boxes(data, start + 8 + _HEADERS[kind] + 2 * wide, stop, depth - 1)
        start = stop


def _what(data: bytes, box: _Box) -> bytes:
    """Return the type of an item (`infe`), or of an auxiliary picture (`auxC`)."""
    if box.kind == b"infe":
        at = box.start + (10 if data[box.start : box.start + 1] == b"\3" else 8)
        return data[at : min(at + 4, box.end)]
    return data[box.start + 4 : box.end].split(b"\0")[0] if box.kind == b"auxC" else b""
