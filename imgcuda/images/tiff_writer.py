"""Writes TIFF: 8 and 16 bits and float, gray and color, with and without alpha, one directory per page.

The file begins with the first page's EXIF: so every tag keeps its value, and maker notes keep their offsets. The file
is little-endian, unless its EXIF is big-endian and cannot be converted. The pixels follow the directories, uncompressed
or compressed by zlib.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction

from imgcuda.cores import cores
from imgcuda.errors import ImageError
from imgcuda.images import exif, exif_building
from imgcuda.images.exif import ExifBlock
from imgcuda.images.exif_byte_order import little_endian
from imgcuda.images.exif_directories import LONG, RATIONAL, SHORT, in_order
from imgcuda.images.image import Image, Pixels, as_planes, channels
from imgcuda.images.metadata import TIFF_LAYOUT, profile
from imgcuda.pixels import has_alpha

STRIP = 1 << 20
"""The number of bytes that are compressed together."""

DEFLATE, UNCOMPRESSED = 8, 1
HORIZONTAL = 2
"""The predictor that stores each sample minus the one to its left, which halves the size of photographs."""

_X, _Y, _UNIT = 282, 283, 296
_INCHES = {2: 1.0, 3: 2.54}


def encode(image: Image, compress: int | None, left_out: list[str]) -> bytes:
    """Return a TIFF of one page for each frame. `compress` goes from 0 (none, the default) to 9."""
    first = little_endian(ExifBlock(image.exif)) if image.exif else None
    order = first.order if first else "<"
    file = first.data[:] if first else bytearray(8)
    file[:4] = b"II*\0" if order == "<" else b"MM\0*"
    link = 4  # the place for the offset of the next page's directory
    for number, frame in enumerate(image.frames):
        file += bytes(-len(file) % 4)
        tags = first.raw_entries() if first and not number else _moved(frame, order, file, left_out)
        strips = _strips(as_planes(frame.pixels), compress or 0, order)
        link = _page(file, link, order, frame, tags, strips, compress or 0)
        if len(file) >= 1 << 32:
            raise ImageError("it would be larger than 4 GiB, the most that a TIFF can be; --compress makes it smaller")
    return bytes(file)


def _page(
    file: bytearray, link: int, order: str, frame: Image, tags: dict[int, bytes], strips: list[bytes], compress: int
) -> int:
    """Append a page: directory, values, pixels. Return the place for the offset of the next page's directory."""
    ours = _layout(frame, [len(strip) for strip in strips], compress)
    ours |= _metadata(frame)
    entries = {tag: raw for tag, raw in tags.items() if tag not in TIFF_LAYOUT and tag not in ours}
    start = len(file)
    data = start + 2 + 12 * (len(entries) + len(ours)) + 4
    values = {tag: struct.pack(f"{order}{len(numbers)}{code}", *numbers) for tag, (_, code, numbers) in ours.items()}
    pixels = data + sum(len(value) + len(value) % 2 for value in values.values() if len(value) > 4)
    offsets = [pixels + sum(len(strip) for strip in strips[:number]) for number in range(len(strips))]
    values[273] = struct.pack(f"{order}{len(offsets)}I", *offsets)
    behind = b""
    for tag, value in values.items():
        kind, code, numbers = ours[tag]
        count = len(value) if code == "B" else len(numbers) // (2 if kind == RATIONAL else 1)
        place = value.ljust(4, b"\0") if len(value) <= 4 else struct.pack(order + "I", data + len(behind))
        entries[tag] = struct.pack(order + "HHI", tag, kind, count) + place
        behind += (value + bytes(len(value) % 2)) * (len(value) > 4)
    struct.pack_into(order + "I", file, link, start)
    file += struct.pack(order + "H", len(entries)) + b"".join(entries[tag] for tag in sorted(entries)) + bytes(4)
    file += behind
    for strip in strips:
        file += strip
    return data - 4


Values = dict[int, tuple[int, str, Sequence[int]]]
"""Tags, each with its type, its code in `struct`, and its numbers."""


def _layout(frame: Image, sizes: list[int], compress: int) -> Values:
    """Return the tags for the layout of the pixels; the offset of the pixels is set later."""
    planes = as_planes(frame.pixels)
    height, width, samples = planes.shape
    shorts = {
        258: (8 * planes.dtype.itemsize,) * samples,
        259: (DEFLATE if compress else UNCOMPRESSED,), 262: (2 if samples > 2 else 1,),
        277: (samples,), 284: (1,), 339: ({"u": 1, "f": 3}[planes.dtype.kind],) * samples,
    }  # fmt: skip
    if has_alpha(samples):
        shorts[338] = (2,)  # alpha of straight colors
    if compress and planes.dtype.kind == "u":
        shorts[317] = (HORIZONTAL,)
    longs = {
        256: (width,),
        257: (height,),
        278: (_rows(planes) if compress else height,),
        273: [0] * len(sizes),
        279: sizes,
    }
    found: Values = {tag: (SHORT, "H", numbers) for tag, numbers in shorts.items()}
    return found | {tag: (LONG, "I", numbers) for tag, numbers in longs.items()}


def _metadata(frame: Image) -> Values:
    """Return the tags of metadata that is not in EXIF."""
    found: Values = {}
    if frame.dpi and not _says(frame, frame.dpi):
        for tag, value in zip((_X, _Y), frame.dpi, strict=True):
            fraction = Fraction(value).limit_denominator(1000)
            found[tag] = (RATIONAL, "I", (fraction.numerator, fraction.denominator))
        found[_UNIT] = (SHORT, "H", (2,))
    elif frame.aspect and not frame.dpi:
        found |= {tag: (RATIONAL, "I", (n, 1)) for tag, n in zip((_X, _Y), frame.aspect, strict=True)}
        found[_UNIT] = (SHORT, "H", (1,))
    if icc := profile(frame.icc, channels(frame.pixels)):
        found[34675] = (7, "B", icc)
    if frame.photoshop:
        found[34377] = (7, "B", frame.photoshop)
    if frame.xmp:
        found[700] = (1, "B", frame.xmp)
    return found


def _says(frame: Image, dpi: tuple[float, float]) -> bool:
    """Return whether EXIF has a resolution already, in its own unit."""
    if not frame.exif:
        return False
    block = ExifBlock(frame.exif)
    unit = block.find(_UNIT)
    inches = _INCHES.get((unit.number(block.order) or 0) if unit else 2)
    for tag, value in zip((_X, _Y), dpi, strict=True):
        entry = block.find(tag)
        if inches is None or entry is None or entry.kind != RATIONAL or entry.count != 1:
            return False
        above, below = struct.unpack(block.order + "II", entry.value)
        if not below or abs(above / below * inches - value) > 1e-6 * value:
            return False
    return True


def _moved(frame: Image, order: str, file: bytearray, left_out: list[str]) -> dict[int, bytes]:
    """Append the values of a later page's EXIF; return the entries that refer to them."""
    if not frame.exif:
        return {}
    block = ExifBlock(frame.exif)
    tables = {sub: in_order(table, block.order, order) for sub, table in exif.tables_of(block).items()}
    data, lost = exif_building.built(tables, order, len(file))
    left_out += [exif.MOVED] * (lost and exif.MOVED not in left_out)
    entries = exif_building.entries_at(data, order)
    file += data
    file += bytes(-len(file) % 4)
    return entries


def _rows(planes: Pixels) -> int:
    """Return the number of rows that are compressed together."""
    return max(1, min(len(planes), STRIP // max(1, int(planes[0].nbytes))))


def _strips(planes: Pixels, compress: int, order: str) -> list[bytes]:
    stored = planes.astype(planes.dtype.newbyteorder("<" if order == "<" else ">"), copy=False)
    if not compress:
        return [stored.tobytes()]
    step = _rows(planes)

    def strip(start: int) -> bytes:
        rows = stored[start : start + step].copy()
        if rows.dtype.kind == "u":
            rows[:, 1:] = rows[:, 1:] - stored[start : start + step, :-1]
        return zlib.compress(rows.tobytes(), compress)

    with ThreadPoolExecutor(cores()) as pool:
        return list(pool.map(strip, range(0, len(planes), step)))
