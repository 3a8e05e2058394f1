"""Read BMP: every header of Windows and OS/2, palettes of any size, bit fields of any width, run lengths.

Pillow takes a palette of two grays for one bit a pixel, and knows eleven layouts of bit fields. A BMP is a header, a
table and rows, for which NumPy is enough.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from imgcuda.errors import ImageError
from imgcuda.images import bit_fields, bmp_runs
from imgcuda.images.image import Image, Pixels

RGB, RLE8, RLE4, BIT_FIELDS, JPEG, PNG, ALPHA_BIT_FIELDS = range(7)
COMPRESSIONS = {JPEG: "JPEG or RLE24", PNG: "PNG"}

DEFAULT_MASKS = {
    16: (0x7C00, 0x3E0, 0x1F, 0),
    24: (0xFF0000, 0xFF00, 0xFF, 0),
    32: (0xFF0000, 0xFF00, 0xFF, 0),
}
"""Which bits of a pixel are red, green, blue and alpha, where the header does not say."""

FILE_HEADER = 14
EMBEDDED = b"DEBM"
"""What a header's color space is called if a profile is in the file: "MBED", lower byte first."""


@dataclass(frozen=True)
class BmpHeader:
    """What a BMP says about its pixels."""

    size: int
    """Of the second header, in bytes; it tells which of the kinds of BMP it is."""
    width: int
    height: int
    top_down: bool
    bits: int
    compression: int
    colors: int
    """How many the palette has; 0 is for as many as there may be."""
    masks: tuple[int, int, int, int]
    table: int
    """Where the palette begins, in bytes."""
    offset: int
    """Where the pixels begin."""
    dots: tuple[int, int]
    """Per meter."""

    @property
    def entry(self) -> int:
        """How many bytes a color of the palette has."""
        return 3 if self.size == 12 else 4

    @property
    def pixels(self) -> int:
        return self.width * self.height


def read(data: bytes, allow: Callable[[int], None], *, alpha: bool = False) -> Image:
    """Return the picture in a BMP; `allow` is called with the number of its pixels before they are decoded.

    With `alpha`, the fourth byte of 32 bits is alpha even if no mask says so, as in an icon.
    """
    header = _header(data, alpha)
    allow(header.pixels)
    losses: list[str] = []
    if header.bits <= 8:
        pixels = _in_colors(_indices(data, header), _palette(data, header), losses)
    else:
        pixels = _fields(_rows(data, header), header)
    upright = pixels if header.top_down else np.ascontiguousarray(pixels[::-1])
    dots = (header.dots[0] * 0.0254, header.dots[1] * 0.0254)
    dpi = dots if all(0 < value < 1e6 for value in dots) else None
    return Image(upright, icc=_profile(data, header), dpi=dpi, losses=tuple(losses))


# The header


def _header(data: bytes, alpha: bool) -> BmpHeader:
    if len(data) < FILE_HEADER + 4:
        raise ImageError("it is cut short: it ends within its header")
    offset, size = struct.unpack_from("<I", data, 10)[0], struct.unpack_from("<I", data, FILE_HEADER)[0]
    if len(data) < FILE_HEADER + size:
        raise ImageError("it is cut short: it ends within its header")
    rest = data[FILE_HEADER : FILE_HEADER + size].ljust(124, b"\0")
    if size == 12:
        width, height, _, bits = struct.unpack_from("<4H", rest, 4)
        compression = colors = across = down = 0
    else:
        width, height, _, bits, compression = struct.unpack_from("<iiHHI", rest, 4)
        across, down, colors = struct.unpack_from("<iiI", rest, 24)
    _check(size, width, height, bits, compression)
    masks, table = _masks(data, size, bits, compression, alpha)
    return BmpHeader(
        *(size, width, abs(height), height < 0, bits, compression, colors, masks, table, offset), (across, down)
    )


def _check(size: int, width: int, height: int, bits: int, compression: int) -> None:
    """Raise ImageError for a header that no picture can have."""
    if width <= 0 or height == 0:
        raise ImageError(f"it is damaged: its header says that it has {width} x {height} pixels")
    if bits not in (1, 2, 4, 8, 16, 24, 32):
        raise ImageError(f"it is damaged: its header says {bits} bits a pixel; there may be 1, 2, 4, 8, 16, 24 or 32")
    if compression == BIT_FIELDS and bits == 1 and size <= 64:
        raise ImageError("its pixels are compressed as a fax, which is not read in a BMP")
    if compression in COMPRESSIONS:
        raise ImageError(f"its pixels are compressed as {COMPRESSIONS[compression]}, which is not read in a BMP")
    fitting = {RGB: True, RLE8: bits == 8, RLE4: bits == 4}.get(compression, bits > 8)
    if compression > ALPHA_BIT_FIELDS or not fitting:
        raise ImageError(f"it is damaged: its header says compression {compression} with {bits} bits a pixel")


def _masks(data: bytes, size: int, bits: int, compression: int, alpha: bool) -> tuple[tuple[int, int, int, int], int]:
    """Return the masks, and where the palette begins: after the header, or after masks that follow the oldest one."""
    end = FILE_HEADER + size
    red, green, blue, clear = DEFAULT_MASKS.get(bits, (0, 0, 0, 0))
    if compression in (BIT_FIELDS, ALPHA_BIT_FIELDS):
        count = 4 if size >= 56 or compression == ALPHA_BIT_FIELDS else 3
        found = data[FILE_HEADER + 40 : FILE_HEADER + 40 + 4 * count]
        if len(found) < 4 * count:
            raise ImageError("it is cut short: it ends within its header")
        end = max(end, FILE_HEADER + 40 + 4 * count)
        said = (*struct.unpack(f"<{count}I", found), 0)[:4]
        if any(said):
            red, green, blue, clear = said
            for mask in said:
                _check_mask(mask, bits)
    elif alpha and bits == 32:
        clear = 0xFF000000
    return (red, green, blue, clear), end


def _check_mask(mask: int, bits: int) -> None:
    if not bit_fields.are_adjacent(mask, bits):
        raise ImageError(
            f"it is damaged: its header gives a color the bits {mask:#x}, which are not side by side in {bits}"
        )


def _profile(data: bytes, header: BmpHeader) -> bytes:
    """Return the color profile that is in the file, if there is one."""
    if header.size < 124 or data[FILE_HEADER + 56 : FILE_HEADER + 60] != EMBEDDED:
        return b""
    start, size = struct.unpack_from("<II", data, FILE_HEADER + 112)
    return data[FILE_HEADER + start : FILE_HEADER + start + size]


# Pixels that are places in a palette


def _palette(data: bytes, header: BmpHeader) -> Pixels:
    """Return the colors of the palette, RGB, or gray if all are: as many as there are before the pixels."""
    colors = min(header.colors or 1 << header.bits, 1 << header.bits)
    if header.offset:
        if header.offset < header.table:
            raise ImageError(f"it is damaged: its pixels are said to begin at byte {header.offset}, in its header")
        colors = min(colors, (header.offset - header.table) // header.entry)
    found = data[header.table : header.table + colors * header.entry]
    if len(found) < colors * header.entry:
        raise ImageError("it is cut short: it ends within its palette")
    if not colors:
        raise ImageError("it is damaged: it has no palette")
    palette = np.frombuffer(found, np.uint8).reshape(colors, header.entry)[:, 2::-1]
    return palette[:, 0] if (palette == palette[:, :1]).all() else palette


def _in_colors(indices: Pixels, palette: Pixels, losses: list[str]) -> Pixels:
    """Return the colors of palette indices. Those beyond the palette become black, which is reported."""
    if int(indices.max()) >= len(palette):
        losses.append("some of its pixels have colors that are not in its palette; they are black")
        black = np.zeros((256 - len(palette), *palette.shape[1:]), np.uint8)
        palette = np.concatenate([palette, black])
    colors: Pixels = palette[indices]
    return colors


def _indices(data: bytes, header: BmpHeader) -> Pixels:
    if header.compression in (RLE8, RLE4):
        start = header.offset or header.table + header.entry * (header.colors or 1 << header.bits)
        return bmp_runs.decoded(data, start, header.width, header.height, half=header.compression == RLE4)
    rows = _rows(data, header)
    if header.bits == 8:
        return rows[:, : header.width]
    shifts = np.array(range(8 - header.bits, -1, -header.bits), np.uint8)
    parts: Pixels = (rows[:, :, None] >> shifts) & ((1 << header.bits) - 1)
    return parts.reshape(len(rows), -1)[:, : header.width]


# Rows


def _rows(data: bytes, header: BmpHeader) -> npt.NDArray[np.uint8]:
    """Return the bytes of each row, padded to a multiple of four; only the last row's padding may be missing."""
    stride, used = (header.width * header.bits + 31) // 32 * 4, (header.width * header.bits + 7) // 8
    start = header.offset
    if not start:
        colors = header.colors or (1 << header.bits if header.bits <= 8 else 0)
        start = header.table + colors * header.entry
    if start < header.table:
        raise ImageError(f"it is damaged: its pixels are said to begin at byte {start}, in its header")
    needed, there = stride * (header.height - 1) + used, len(data) - start
    if there < needed:
        raise ImageError(f"it is cut short: its pixels have {max(there, 0):,} of {needed:,} bytes")
    found = data[start : start + stride * header.height].ljust(stride * header.height, b"\0")
    return np.frombuffer(found, np.uint8).reshape(header.height, stride)


def _fields(rows: npt.NDArray[np.uint8], header: BmpHeader) -> Pixels:
    """Return the channels of pixels; alpha that is 0 everywhere is ignored, as in browsers."""
    step = header.bits // 8
    pixels = rows[:, : header.width * step].reshape(header.height, header.width, step)
    masks = header.masks if header.masks[3] else header.masks[:3]
    made = bit_fields.unpacked(pixels, masks)
    return made[:, :, :3].copy() if len(masks) == 4 and not made[:, :, 3].any() else made
