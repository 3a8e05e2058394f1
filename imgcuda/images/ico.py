"""Read icons and cursors of Windows: the largest picture, with its mask as alpha.

Pillow decodes the picture before its size can be checked. Each picture is a PNG, or a BMP without its first header and
with twice the height: after the pixels there is a bit for each, which is set where the picture is transparent.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from imgcuda.errors import ImageError
from imgcuda.images import bmp
from imgcuda.images.convert import with_channels
from imgcuda.images.image import Image
from imgcuda.images.request import ReadRequest

ENTRY = struct.Struct("<4B2H2I")
PNG = b"\x89PNG\r\n\x1a\n"


def read(data: bytes, request: ReadRequest, read_png: Callable[[bytes], Image]) -> Image:
    """Return the largest picture in an icon, or the one that is asked for; `read_png` reads a PNG."""
    count = struct.unpack_from("<H", data, 4)[0] if len(data) >= 6 else 0
    if not count or len(data) < 6 + ENTRY.size * count:
        raise ImageError("it is damaged or cut short: its table of pictures is incomplete")
    entries = [ENTRY.unpack_from(data, 6 + ENTRY.size * number) for number in range(count)]
    number = max(range(count), key=lambda one: _size(entries[one], data))
    if request.frame is not None:
        number = request.numbers(count)[0]
    *_, size, place = entries[number]
    part = data[place : place + size]
    if len(part) < size:
        raise ImageError(f"it is cut short: its picture has {len(part):,} of {size:,} bytes")
    image = read_png(part) if part.startswith(PNG) else _bitmap(part, request)
    more = count > 1 and request.frame is None
    return replace(image, losses=(*[f"it holds {count} pictures; the largest is read"] * more, *image.losses))


def _size(entry: tuple[int, ...], data: bytes) -> tuple[int, int]:
    """Return how many pixels a picture has, and how many bits each; a cursor has its hot spot in their place."""
    width, height, bits, place = entry[0] or 256, entry[1] or 256, entry[5], entry[7]
    return width * height, 32 if data.startswith(PNG, place) else bits


def _bitmap(part: bytes, request: ReadRequest) -> Image:
    if len(part) < 40:
        raise ImageError("it is cut short: it ends within its header")
    size, width, doubled, _, bits, compression = struct.unpack_from("<IiiHHI", part)
    if size != 40 or compression != bmp.RGB or doubled % 2 or doubled < 0:
        raise ImageError("it is damaged, or its picture is of a kind that is not read in an icon")
    height = doubled // 2
    palette = 4 * (struct.unpack_from("<I", part, 32)[0] or 1 << bits) if bits <= 8 else 0
    start = bmp.FILE_HEADER + size + palette
    head = b"BM" + struct.pack("<IIIIii", len(part), 0, start, size, width, height)
    image = bmp.read(head + part[12:], request.check_pixels, alpha=True)
    if image.pixels.ndim == 3 and image.pixels.shape[2] == 4:
        return replace(image, dpi=None)
    stride = (width + 31) // 32 * 4
    behind = size + palette + (width * bits + 31) // 32 * 4 * height
    if len(part) == behind + (width + 7) // 8 * height:  # as Pillow writes it
        stride = (width + 7) // 8
    found = part[behind : behind + stride * height]
    if len(found) < stride * height:
        raise ImageError(f"it is cut short: its mask has {len(found):,} of {stride * height:,} bytes")
    bit = np.unpackbits(np.frombuffer(found, np.uint8).reshape(height, stride), axis=1)[::-1, :width]
    if not bit.any():
        return replace(image, dpi=None)
    color = with_channels(image.pixels, 3)
    pixels = np.concatenate([color, np.where(bit, 0, 255).astype(np.uint8)[:, :, None]], axis=2)
    return replace(image, pixels=pixels, dpi=None)
