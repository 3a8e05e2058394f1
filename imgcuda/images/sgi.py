"""Read SGI (.sgi .rgb .bw): gray or RGB, with alpha or without, of 8 or 16 bits, run lengths.

Pillow reduces 16 bits to 8, and does not read gray with alpha.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

import numpy as np

from imgcuda.errors import ImageError
from imgcuda.images.image import Image, Pixels

HEADER = 512
COLOR_TABLES = {1: "colors of 3, 3 and 2 bits", 2: "places in a table of colors", 3: "a table of colors and no picture"}
"""What pixels are where they are neither gray nor RGB, as files before 1990 have them."""


def read(data: bytes, allow: Callable[[int], None]) -> Image:
    """Return the picture in an SGI; `allow` is called with the number of its pixels before they are decoded."""
    if len(data) < HEADER:
        raise ImageError("it is cut short: it ends within its header")
    runs, size, dimensions, width, height, count = struct.unpack_from(">BBHHHH", data, 2)
    height, count = height if dimensions > 1 else 1, count if dimensions > 2 else 1
    kind = struct.unpack_from(">I", data, 104)[0]
    if kind in COLOR_TABLES:
        raise ImageError(f"its pixels are {COLOR_TABLES[kind]}, which are not read; convert it to RGB first")
    if not width or not height or not 1 <= count <= 4 or kind:
        raise ImageError(f"it is damaged: its header says that it has {width} x {height} pixels of {count} channels")
    allow(width * height)
    stored = _from_runs(data, width, height * count, size) if runs else data[HEADER:]
    needed = width * height * count * size
    if len(stored) < needed:
        raise ImageError(f"it is cut short: its pixels have {len(stored):,} of {needed:,} bytes")
    planes = np.frombuffer(stored, np.dtype(f">u{size}"), width * height * count).reshape(count, height, width)
    return Image(_interleaved(planes[:, ::-1]))


def _interleaved(planes: Pixels) -> Pixels:
    made = np.ascontiguousarray(np.moveaxis(planes, 0, -1), planes.dtype.newbyteorder("="))
    return made[:, :, 0] if made.shape[2] == 1 else made


def _from_runs(data: bytes, width: int, rows: int, size: int) -> bytes:
    """Return the samples of all rows of all channels; two tables say where each row begins, and its length."""
    if len(data) < HEADER + 8 * rows:
        raise ImageError("it is cut short: it ends within its table of rows")
    starts = struct.unpack_from(f">{rows}I", data, HEADER)
    lengths = struct.unpack_from(f">{rows}I", data, HEADER + 4 * rows)
    made = bytearray()
    for row, (start, length) in enumerate(zip(starts, lengths, strict=True)):
        unpacked = _row(data[start : start + length], width * size, size)
        if len(unpacked) < width * size:
            where = f"row {row + 1} of {rows} has {len(unpacked) // size:,} of {width:,} pixels"
            raise ImageError(f"it is damaged or cut short: {where}")
        made += unpacked
    return bytes(made)


def _row(data: bytes, needed: int, size: int) -> bytes:
    """Return one row, of packets: a count with 128 added and so many samples, or a count and one to repeat."""
    made, place = bytearray(), 0
    while len(made) < needed and place + size <= len(data):
        count, literal = data[place + size - 1] & 127, data[place + size - 1] & 128
        place += size
        if not count:
            break
        end = place + (size * count if literal else size)
        made += data[place:end] if literal else data[place:end] * count
        place = end
    return bytes(made[:needed])
