"""Read and write TGA: palettes, gray and colors of 15 to 32 bits, run lengths, any corner first.

Pillow does not read all of these, and takes the bit of alpha that most files of 16 bits leave at 0 for transparency.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from imgcuda.errors import ImageError
from imgcuda.images import mark
from imgcuda.images.image import Image, Pixels, channels, divided_by_alpha

PALETTE, COLOR, GRAY = 1, 2, 3
RUNS = 8
"""Added to one of these, the pixels are run lengths."""
DEPTHS = {PALETTE: (8, 16), COLOR: (15, 16, 24, 32), GRAY: (8, 16)}
RIGHT, TOP = 0x10, 0x20
"""In the flags: where the first pixel is; otherwise it is left, and at the bottom."""
NO_ALPHA, PREMULTIPLIED = (0, 1, 2), 4
"""What the extension area says of alpha."""
HEADER = struct.Struct("<BBBHHBHHHHBB")


class TgaHeader(NamedTuple):
    """The first 18 bytes of a file."""

    text: int
    """How many bytes of text follow."""
    has_palette: int
    kind: int
    first: int
    """Which place the first color of the palette has."""
    colors: int
    entry: int
    """How many bits a color of the palette has."""
    left: int
    bottom: int
    width: int
    height: int
    bits: int
    flags: int

    @property
    def start(self) -> int:
        """Where the palette begins."""
        return HEADER.size + self.text

    @property
    def step(self) -> int:
        """How many bytes a pixel has."""
        return (self.bits + 7) // 8


def is_tga(head: bytes) -> bool:
    """Return whether a file may be a TGA, which has no signature: its header must make sense throughout."""
    if len(head) < HEADER.size:
        return False
    header = TgaHeader(*HEADER.unpack_from(head))
    if header.bits not in DEPTHS.get(header.kind & ~RUNS, ()) or header.flags >> 6:
        return False
    if header.has_palette:
        palette = header.has_palette == 1 and header.entry in DEPTHS[COLOR] and header.colors > 0
    else:
        palette = not (header.first or header.colors) and header.kind & ~RUNS != PALETTE
    return palette and header.width > 0 and header.height > 0


def read(data: bytes, allow: Callable[[int], None]) -> Image:
    """Return the picture in a TGA; `allow` is called with the number of its pixels before they are decoded."""
    header = TgaHeader(*HEADER.unpack_from(data))
    allow(header.width * header.height)
    size = header.colors * ((header.entry + 7) // 8) if header.has_palette else 0
    table, start = data[header.start : header.start + size], header.start + size
    needed = header.width * header.height * header.step
    found = _unpacked(data, start, needed, header.step) if header.kind & RUNS else data[start : start + needed]
    if len(found) < needed:
        raise ImageError(f"it is cut short: its pixels have {len(found):,} of {needed:,} bytes")
    rows = np.frombuffer(found, np.uint8).reshape(header.height, header.width, header.step)
    rows = rows[:: 1 if header.flags & TOP else -1, :: -1 if header.flags & RIGHT else 1]
    losses: list[str] = []
    area = _extension(data)
    kind = data[area + 494] if area else None
    pixels = _alpha(_colors(rows, header, table, losses), kind)
    text = data[HEADER.size : header.start].rstrip(b"\0").decode("latin-1")
    left_out = ["its text is left out"] * bool(text and not mark.is_mark(text))
    left_out += ["its extension area (author, comments, preview) is left out"] * bool(area)
    return Image(np.ascontiguousarray(pixels), losses=tuple(losses), left_out=tuple(left_out))


def _unpacked(data: bytes, place: int, needed: int, step: int) -> bytes:
    """Return unpacked run lengths: a byte with a count, then one pixel to repeat, or so many pixels."""
    made = bytearray()
    while len(made) < needed and place < len(data):
        count, place = (data[place] & 127) + 1, place + 1
        size = step if data[place - 1] & 128 else step * count
        found = data[place : place + size]
        if len(found) < size:
            break
        made += found * count if data[place - 1] & 128 else found
        place += size
    return bytes(made[:needed])


def _extension(data: bytes) -> int:
    """Return where the extension area is, which newer files have, or 0."""
    if not data.endswith(b"TRUEVISION-XFILE.\0"):
        return 0
    place = int.from_bytes(data[-26:-22], "little")
    return place if place + 495 <= len(data) else 0


def _colors(rows: npt.NDArray[np.uint8], header: TgaHeader, table: bytes, losses: list[str]) -> Pixels:
    kind = header.kind & ~RUNS
    if kind == GRAY:
        return rows if header.step == 2 else rows[:, :, 0]
    if kind == COLOR:
        return _of_bytes(rows, header.bits == 16 and header.flags & 15 == 1)
    step = (header.entry + 7) // 8
    if len(table) < header.colors * step:
        raise ImageError("it is cut short: it ends within its palette")
    places = rows.astype(np.int64) @ (256 ** np.arange(header.step)) - header.first
    palette = _of_bytes(np.frombuffer(table, np.uint8).reshape(1, -1, step), clear=False)[0]
    beyond = (places < 0) | (places >= len(palette))
    if beyond.any():
        losses.append("some of its pixels have colors that are not in its palette; they are black")
        palette, places = np.concatenate([palette, palette[:1] * 0]), np.where(beyond, len(palette), places)
    return np.asarray(palette[places])


def _of_bytes(pixels: npt.NDArray[np.uint8], clear: bool) -> Pixels:
    """Return colors of 2 bytes (five bits each; with `clear`, the highest bit is alpha), or of 3 or 4 bytes."""
    if pixels.shape[2] > 2:
        return pixels[:, :, [2, 1, 0, 3][: pixels.shape[2]]]
    whole = pixels[:, :, 0] | pixels[:, :, 1].astype(np.uint16) << 8
    fields = [(whole >> shift & 31) * 255 + 15 for shift in (10, 5, 0)]
    made = [(field // 31).astype(np.uint8) for field in fields]
    return np.stack([*made, (whole >> 15).astype(np.uint8) * 255] if clear else made, axis=2)


def _alpha(pixels: Pixels, kind: int | None) -> Pixels:
    """Return pixels without their alpha if the file declares that it is unused, or if it is 0 everywhere."""
    if channels(pixels) in (1, 3):
        return pixels
    if kind in NO_ALPHA or not pixels[:, :, -1].any():
        return pixels[:, :, 0] if channels(pixels) == 2 else pixels[:, :, :3]
    return divided_by_alpha(pixels) if kind == PREMULTIPLIED else pixels


def encode(pixels: Pixels) -> bytes:
    """Return a TGA, not compressed: gray, RGB, or RGB with alpha."""
    count, (height, width) = channels(pixels), pixels.shape[:2]
    flags = TOP | (8 if count == 4 else 0)
    head = HEADER.pack(0, 0, GRAY if count == 1 else COLOR, 0, 0, 0, 0, 0, width, height, 8 * count, flags)
    stored = pixels if count == 1 else pixels[:, :, [2, 1, 0, 3][:count]]
    return head + np.ascontiguousarray(stored).tobytes() + bytes(8) + b"TRUEVISION-XFILE.\0"
