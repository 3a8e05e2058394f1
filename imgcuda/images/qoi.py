"""Read QOI. Pillow's decoder loses the black pixels of a run at the beginning of a file."""

from __future__ import annotations

import struct
from collections.abc import Callable

import numpy as np

from imgcuda.errors import ImageError
from imgcuda.images.image import Image

HEADER = 14
RGB, RGBA = 0xFE, 0xFF
INDEX, DIFFERENCE, LUMA = range(3)


def read(data: bytes, allow: Callable[[int], None]) -> Image:
    """Return the picture in a QOI; `allow` is called with the number of its pixels before they are decoded."""
    if len(data) < HEADER:
        raise ImageError("it is cut short: it ends within its header")
    width, height, bands, space = struct.unpack_from(">IIBB", data, 4)
    if not width or not height or bands not in (3, 4):
        raise ImageError(f"it is damaged: its header says that it has {width} x {height} pixels of {bands} channels")
    allow(width * height)
    found = _decoded(data, width * height)
    if len(found) < 4 * width * height:
        raise ImageError(f"it is cut short: it has {len(found) // 4:,} of {width * height:,} pixels")
    pixels = np.frombuffer(found, np.uint8)[: 4 * width * height].reshape(height, width, 4)[:, :, :bands]
    said = ("its colors are linear light, and are read as they are",) if space == 1 else ()
    return Image(np.ascontiguousarray(pixels), left_out=said)


def _decoded(data: bytes, pixels: int) -> bytearray:
    """Return RGBA: all the pixels, and at most the rest of one run more."""
    made, needed, place, end = bytearray(), 4 * pixels, HEADER, len(data)
    red, green, blue, alpha = 0, 0, 0, 255
    pixel, seen = bytes((0, 0, 0, 255)), [bytes(4)] * 64
    while len(made) < needed and place < end:
        byte, count = data[place], 1
        kind, place = byte >> 6, place + 1
        if byte >= RGB:
            size = byte - RGB + 3
            if place + size > end:
                break
            red, green, blue, alpha = (*data[place : place + size], alpha)[:4]
            place += size
        elif kind == INDEX:
            red, green, blue, alpha = seen[byte]
        elif kind == DIFFERENCE:
            red, green, blue = red + (byte >> 4 & 3) - 2, green + (byte >> 2 & 3) - 2, blue + (byte & 3) - 2
        elif kind == LUMA:
            if place == end:
                break
            step, second, place = (byte & 63) - 32, data[place], place + 1
            red, green, blue = red + step + (second >> 4) - 8, green + step, blue + step + (second & 15) - 8
        else:
            count = (byte & 63) + 1
        red, green, blue = red & 255, green & 255, blue & 255
        pixel = bytes((red, green, blue, alpha))
        seen[(red * 3 + green * 5 + blue * 7 + alpha * 11) & 63] = pixel
        made += pixel * count
    return made
