"""Read PCX: black and white, 4 to 256 colors in all their layouts, gray and RGB.

Pillow reads four of the layouts, and refuses a run that goes on in the next row.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from imgcuda.errors import ImageError
from imgcuda.images.image import Image, Pixels

HEADER = 128
LAYOUTS = {(1, 1), (1, 2), (1, 3), (1, 4), (2, 1), (4, 1), (8, 1), (8, 3), (8, 4)}
"""The bits of a sample, and how many planes of them there are."""
NO_PALETTE = 3
"""The version of files for which the palette of the graphics card was meant."""
EGA = bytes.fromhex(
    "000000 0000aa 00aa00 00aaaa aa0000 aa00aa aa5500 aaaaaa 555555 5555ff 55ff55 55ffff ff5555 ff55ff ffff55 ffffff"
)
PALETTE = 769
"""The bytes at the end of a file that are its 256 colors, with the sign before them."""
SIGN = 0x0C
GRAY = 2


class PcxHeader(NamedTuple):
    version: int
    packed: int
    """Whether there are run lengths."""
    bits: int
    left: int
    top: int
    right: int
    bottom: int
    across: int
    """Pixels an inch."""
    down: int
    palette: bytes
    planes: int
    stride: int
    """The bytes of a row of one plane."""
    meaning: int
    """Of a palette: 1 for colors, 2 for gray, where there need not be one."""

    @property
    def size(self) -> tuple[int, int]:
        return self.right - self.left + 1, self.bottom - self.top + 1


def read(data: bytes, allow: Callable[[int], None]) -> Image:
    """Return the picture in a PCX; `allow` is called with the number of its pixels before they are decoded."""
    if len(data) < HEADER:
        raise ImageError("it is cut short: it ends within its header")
    header = PcxHeader(*struct.unpack_from("<xBBB4H2H48sxBHH", data))
    width, height = header.size
    if (header.bits, header.planes) not in LAYOUTS:
        raise ImageError(f"it has {header.planes} planes of {header.bits} bits, which is not a known kind of PCX")
    if width < 1 or height < 1 or header.stride * 8 < width * header.bits:
        words = f"{width} x {height} pixels in rows of {header.stride} bytes"
        raise ImageError(f"it is damaged: its header says that it has {words}")
    allow(width * height)
    needed = header.stride * header.planes * height
    body = data[HEADER:-PALETTE] if _has_palette(data, header) else data[HEADER:]
    stored = _from_runs(body, needed) if header.packed else np.frombuffer(body, np.uint8)
    if len(stored) < needed:
        raise ImageError(f"it is cut short: its pixels have {len(stored):,} of {needed:,} bytes")
    rows = stored[:needed].reshape(height, header.planes, header.stride)
    density = (float(header.across), float(header.down))
    dpi = density if header.across == header.down > 0 else None  # old programs write the size of the screen there
    return Image(np.ascontiguousarray(_colors(rows, header, data)), dpi=dpi)


def _from_runs(data: bytes, needed: int) -> npt.NDArray[np.uint8]:
    """Return unpacked run lengths: a byte of 192 or more says how often the next one is repeated; others are pixels.

    In a row of bytes of 192 or more, every second is a count, beginning with the first.
    """
    stored = np.frombuffer(data, np.uint8)
    high = stored >= 0xC0
    begins = high & ~np.concatenate([[False], high[:-1]])
    numbers = np.arange(len(stored))
    count = high & ((numbers - np.maximum.accumulate(np.where(begins, numbers, 0))) % 2 == 0)
    times = np.where(count, 0, 1)
    times[1:][count[:-1]] = stored[:-1][count[:-1]] & 63
    ends = int(np.searchsorted(np.cumsum(times), needed)) + 1  # no more is made than there are pixels for
    return np.repeat(stored[:ends], times[:ends])


def _has_palette(data: bytes, header: PcxHeader) -> bool:
    return (header.bits, header.planes) == (8, 1) and len(data) >= HEADER + PALETTE and data[-PALETTE] == SIGN


def _colors(rows: npt.NDArray[np.uint8], header: PcxHeader, data: bytes) -> Pixels:
    """Return rows of (height, planes, bytes) as gray, RGB, or RGB with alpha."""
    width = header.size[0]
    if header.bits == 8:
        samples = np.moveaxis(rows[:, :, :width], 1, -1)
        if _has_palette(data, header):
            return _in_palette(samples[:, :, 0], data[1 - PALETTE :])
        if header.planes == 1 and header.meaning != GRAY:
            raise ImageError("it is cut short: its palette is missing")
        return samples if header.planes > 1 else samples[:, :, 0]
    indices = _indices(rows, header.bits)[:, :width]
    if header.bits * header.planes == 1:
        return indices * np.uint8(255)
    if header.bits == 2 and header.version != 5:
        raise ImageError("its four colors are those of a graphics card (CGA), which are not read; convert it first")
    return _in_palette(indices, EGA if header.version == NO_PALETTE else header.palette)


def _indices(rows: npt.NDArray[np.uint8], bits: int) -> npt.NDArray[np.uint8]:
    """Return the numbers of colors: fields of bits next to each other, and of several planes the first is lowest."""
    shifts = np.arange(8 - bits, -1, -bits, dtype=np.uint8)
    fields = (rows[:, :, :, None] >> shifts) & np.uint8((1 << bits) - 1)
    made = fields.reshape(*rows.shape[:2], -1)
    indices = np.zeros(made[:, 0].shape, np.uint8)
    for plane in range(rows.shape[1]):
        indices |= made[:, plane] << np.uint8(plane)
    return indices


def _in_palette(indices: npt.NDArray[np.uint8], palette: bytes) -> Pixels:
    """Return the colors of a palette: RGB, or gray if all of them are."""
    colors = np.frombuffer(palette, np.uint8).reshape(-1, 3)
    colors = colors[:, 0] if (colors == colors[:, :1]).all() else colors
    return np.asarray(colors[indices])
