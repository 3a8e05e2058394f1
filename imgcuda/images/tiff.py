"""Write TIFF: 8 and 16 bits and float, grey and colour, with and without alpha, a directory a page.

Pillow makes the directories, with all of EXIF in them; the pixels, of which it knows half the types, are put after them
as they are, or through zlib.
"""

from __future__ import annotations

import struct
import zlib
from concurrent.futures import ThreadPoolExecutor
from os import cpu_count
from typing import Any

import PIL.Image
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from imgcuda.errors import ImageError
from imgcuda.images.image import Image, Pixels, as_planes, channels
from imgcuda.images.metadata import profile

SUB_DIRECTORIES = (0x8769, 0x8825)
"""EXIF's own, and where the picture was taken."""

STRIP = 1 << 20
"""Bytes that are compressed together."""

DEFLATE, UNCOMPRESSED = 8, 1
HORIZONTAL = 2
"""Each sample less the one to its left: half the size for photographs."""


def encode(image: Image, compress: int | None) -> bytes:
    """Return a TIFF of one page for each frame. `compress` goes from 0 (none, the default) to 9."""
    file = bytearray(b"II*\0\0\0\0\0")
    link = 4  # where the offset of the next page's directory is put
    for frame in image.frames:
        file += bytes(len(file) % 2)
        struct.pack_into("<I", file, link, len(file))
        strips = _strips(as_planes(frame.pixels), compress or 0)
        directory = _directory(frame, [len(strip) for strip in strips], compress or 0)
        link = len(file) + 2 + 12 * len(directory)
        file += directory.tobytes(len(file))
        file += b"".join(strips)
        if len(file) >= 1 << 32:
            raise ImageError("it would have more than 4 GiB, which a TIFF cannot; --compress makes it smaller")
    return bytes(file)


def _directory(frame: Image, sizes: list[int], compress: int) -> ImageFileDirectory_v2:
    """Return what a page's directory says. `StripOffsets` count from its end: Pillow adds where that is."""
    planes = as_planes(frame.pixels)
    height, width, samples = planes.shape
    directory = ImageFileDirectory_v2(b"II*\0\0\0\0\0")
    for tag, value in _metadata(frame).items():
        directory[tag] = value
    offsets = [sum(sizes[:number]) for number in range(len(sizes))]
    layout: dict[int, Any] = {
        256: width, 257: height, 258: (8 * planes.dtype.itemsize,) * samples,
        259: DEFLATE if compress else UNCOMPRESSED, 262: 2 if samples > 2 else 1,
        277: samples, 278: _rows(planes) if compress else height, 284: 1,
        339: ({"u": 1, "f": 3}[planes.dtype.kind],) * samples,
    }  # fmt: skip
    if samples in (2, 4):
        layout[338] = 2  # alpha, not multiplied into the colours
    if compress and planes.dtype.kind == "u":
        layout[317] = HORIZONTAL
    for tag, value in layout.items():
        directory[tag] = value
    for tag, values in ((273, offsets), (279, sizes)):
        directory.tagtype[tag] = 4  # LONG
        directory[tag] = tuple(values)
    return directory


def _metadata(frame: Image) -> dict[int, Any]:
    """Return the tags that say more than how the pixels lie."""
    exif = PIL.Image.Exif()
    exif.load(frame.exif)
    tags: dict[int, Any] = {tag: exif[tag] for tag in exif if tag not in SUB_DIRECTORIES}
    tags |= {tag: exif.get_ifd(tag) for tag in SUB_DIRECTORIES if exif.get_ifd(tag)}
    if frame.dpi:
        tags |= {282: frame.dpi[0], 283: frame.dpi[1], 296: 2}
    if icc := profile(frame.icc, channels(frame.pixels)):
        tags[34675] = icc
    if frame.xmp:
        tags[700] = frame.xmp
    return tags


def _rows(planes: Pixels) -> int:
    """Return how many rows are compressed together."""
    return max(1, min(len(planes), STRIP // max(1, int(planes[0].nbytes))))


def _strips(planes: Pixels, compress: int) -> list[bytes]:
    little = planes.astype(planes.dtype.newbyteorder("<"), copy=False)
    if not compress:
        return [little.tobytes()]
    step = _rows(planes)

    def strip(start: int) -> bytes:
        rows = little[start : start + step].copy()
        if rows.dtype.kind == "u":
            rows[:, 1:] = rows[:, 1:] - little[start : start + step, :-1]
        return zlib.compress(rows.tobytes(), compress)

    with ThreadPoolExecutor(cpu_count()) as pool:
        return list(pool.map(strip, range(0, len(planes), step)))
