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
from itertools import accumulate

from imgcuda.cores import cores
from imgcuda.errors import ImageError
from imgcuda.images import exif, exif_building, tiff_big
from imgcuda.images.exif import ExifBlock
from imgcuda.images.exif_byte_order import little_endian
from imgcuda.images.exif_directories import LONG, RATIONAL, SHORT, in_order
from imgcuda.images.image import Image, Pixels, as_planes, channels
from imgcuda.images.metadata import TIFF_LAYOUT, profile
from imgcuda.images.tiff_big import Values
from imgcuda.pixels import MOST_CHANNELS, has_alpha

MOST = 1 << 32
"""The bytes that a TIFF cannot have; a BigTIFF can."""

ROOM = 1 << 16
"""Bytes that are reckoned for the directory of a page."""

STRIP = 1 << 20
"""The number of bytes that are compressed together."""

DEFLATE, UNCOMPRESSED = 8, 1
REDUCED = 1
"""The kind of a page (NewSubfileType) that is a smaller copy of another."""
HORIZONTAL = 2
"""The predictor that stores each sample minus the one to its left, which halves the size of photographs."""

_X, _Y, _UNIT = 282, 283, 296
_INCHES = {2: 1.0, 3: 2.54}


def encode(image: Image, compress: int | None, left_out: list[str]) -> bytes:
    """Return a TIFF of one page for each frame. `compress` goes from 0 (none, the default) to 9."""
    if not compress and not image.later:
        head, order = head_of_one(image, left_out)
        return b"".join([head, *_strips(as_planes(image.pixels), 0, order)])
    first, order, file = _beginning(image)
    link = 4  # the place for the offset of the next page's directory
    for number, frame in enumerate(image.frames):
        file += bytes(-len(file) % 4)
        tags = first.raw_entries() if first and not number else _moved(frame, order, file, left_out)
        strips = _strips(as_planes(frame.pixels), compress or 0, order)
        link = _page(file, link, order, frame, tags, [len(strip) for strip in strips], compress or 0)
        for strip in strips:
            file += strip
        if len(file) >= MOST:
            raise ImageError(
                "it would be larger than 4 GiB, the most that a compressed TIFF, or one of several pages, can be; "
                "one uncompressed page is written as a BigTIFF"
            )
    return bytes(file)


def head_of_one(image: Image, left_out: list[str], levels: Sequence[Pixels] = ()) -> tuple[bytes, str]:
    """Return the bytes before the pixels of an uncompressed TIFF of one page, and the byte order.

    It is a BigTIFF if a TIFF could not be as large, and with `levels`, smaller copies whose pixels follow the page's.
    Of all pixels only shape and type are used.
    """
    first, order, file = _beginning(image)
    file += bytes(-len(file) % 4)
    size = image.pixels.size * image.pixels.dtype.itemsize
    if levels or len(file) + size + ROOM >= MOST:
        smaller = [{254: (LONG, "I", (REDUCED,)), **_big_values(Image(level))} for level in levels]
        return tiff_big.head(_big_values(image), first, order, left_out, smaller), order
    _page(file, 4, order, image, first.raw_entries() if first else {}, [size], 0)
    return bytes(file), order


def _beginning(image: Image) -> tuple[ExifBlock | None, str, bytearray]:
    """Return the EXIF that a file begins with, if any, its byte order, and its first bytes."""
    first = little_endian(ExifBlock(image.exif)) if image.exif else None
    order = first.order if first else "<"
    file = first.data[:] if first else bytearray(8)
    file[:4] = b"II*\0" if order == "<" else b"MM\0*"
    return first, order, file


def _big_values(image: Image) -> Values:
    """Return the tags of a BigTIFF of one page, with its rows in strips of about STRIP bytes."""
    height, row = image.pixels.shape[0], image.pixels.size // image.pixels.shape[0] * image.pixels.dtype.itemsize
    rows = max(1, STRIP // row)
    sizes = [row * min(rows, height - first) for first in range(0, height, rows)]
    found = _layout(image, sizes, 0) | _metadata(image)
    return found | {278: (LONG, "I", (rows,)), 273: (16, "Q", [0] * len(sizes)), 279: (16, "Q", sizes)}


def _page(
    file: bytearray, link: int, order: str, frame: Image, tags: dict[int, bytes], sizes: list[int], compress: int
) -> int:
    """Append a page's directory and values; return the place for the offset of the next page's directory.

    Its strips are to follow; they have the given sizes in bytes.
    """
    ours = _layout(frame, sizes, compress)
    ours |= _metadata(frame)
    entries = {tag: raw for tag, raw in tags.items() if tag not in TIFF_LAYOUT and tag not in ours}
    start = len(file)
    data = start + 2 + 12 * (len(entries) + len(ours)) + 4
    values = {tag: struct.pack(f"{order}{len(numbers)}{code}", *numbers) for tag, (_, code, numbers) in ours.items()}
    pixels = data + sum(len(value) + len(value) % 2 for value in values.values() if len(value) > 4)
    offsets = [pixels + before for before in accumulate(sizes[:-1], initial=0)]
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
    return data - 4


def _layout(frame: Image, sizes: list[int], compress: int) -> Values:
    """Return the tags for the layout of the pixels; the offset of the pixels is set later."""
    planes = frame.pixels if frame.pixels.ndim == 3 else frame.pixels[:, :, None]
    height, width, samples = planes.shape
    shorts = {
        258: (8 * planes.dtype.itemsize,) * samples,
        259: (DEFLATE if compress else UNCOMPRESSED,), 262: (2 if samples > 2 else 1,),
        277: (samples,), 284: (1,), 339: ({"u": 1, "f": 3}[planes.dtype.kind],) * samples,
    }  # fmt: skip
    if samples > MOST_CHANNELS:
        shorts |= {262: (1,), 338: (0,) * (samples - 1)}  # neither color nor alpha
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
    return max(1, min(len(planes), STRIP // max(1, planes.size // len(planes) * planes.dtype.itemsize)))


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
