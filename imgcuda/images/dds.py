"""Read DDS textures: Pillow decodes blocks (BC1 to BC5, BC7); everything else is decoded here.

Pillow ignores what the header says about alpha, and reads few of the uncompressed layouts.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import PIL.Image

from imgcuda.errors import ImageError
from imgcuda.images import bit_fields
from imgcuda.images.dds_layouts import BLOCKS, PALETTE, TextureLayout, by_flags, by_number
from imgcuda.images.image import Image, Pixels, divided_by_alpha
from imgcuda.images.request import ReadRequest
from imgcuda.pixels import white_level

HEADER = 128
EXTENDED = 20
"""The bytes of a second header, which newer files have."""
MIPMAPS, FACES, VOLUME = 0x20000, 0xFC00, 0x200000
CUBE = 4
STRAIGHT, PREMULTIPLIED, OPAQUE, CUSTOM = 1, 2, 3, 4
"""What the second header says of alpha; 0 is for nothing."""


class _DdsHeader(NamedTuple):
    """What the header says."""

    width: int
    height: int
    pictures: int
    """How many pictures there are: the faces of a cube, the members of an array."""
    levels: int
    """How many sizes of each there are, each half as large as the one before."""
    layout: TextureLayout
    alpha: int
    start: int
    """Where the pixels, or their palette, begin."""


def read(data: bytes, request: ReadRequest) -> Iterator[Image]:
    """Return the pictures in a texture that are asked for, each in its full size."""
    found = _texture(data)
    numbers = request.numbers(found.pictures)
    request.check_pixels(found.width * found.height * len(numbers))
    start = found.start + (1024 if found.layout.kind == PALETTE else 0)
    step = _size_of_all_levels(found)
    for number in numbers:
        needed, place = found.layout.size(found.width, found.height), start + step * number
        part = data[place : place + needed]
        if len(part) < needed:
            raise ImageError(f"it is cut short: its pixels have {len(part):,} of {needed:,} bytes")
        losses = list(request.losses(found.pictures))
        table = data[found.start : start]
        yield Image(_with_meant_alpha(_pixels(part, table, found), found, losses), losses=tuple(losses))


def _texture(data: bytes) -> _DdsHeader:
    if len(data) < HEADER:
        raise ImageError("it is cut short: it ends within its header")
    flags, height, width, _, depth, levels = struct.unpack_from("<6I", data, 8)
    kinds, code, bits = struct.unpack_from("<I4sI", data, 80)
    masks = struct.unpack_from("<4I", data, 92)
    faces = struct.unpack_from("<I", data, 112)[0]
    start, alpha, count = HEADER, 0, max(1, (faces & FACES).bit_count())
    if code == b"DX10" and kinds & 4:
        start += EXTENDED
        if len(data) < start:
            raise ImageError("it is cut short: it ends within its header")
        number, dimensions, misc, members, alpha = struct.unpack_from("<5I", data, HEADER)
        layout, count = by_number(number), max(1, members) * (6 if misc & CUBE else 1)
        volume = dimensions == 4
    else:
        layout, volume = by_flags(kinds, code, bits, masks), bool(faces & VOLUME and depth > 1)
        alpha = PREMULTIPLIED if code in (b"DXT2", b"DXT4") and kinds & 4 else 0
    if volume:
        raise ImageError("it is a volume, which is not read; imgcuda filters flat pictures")
    if not width or not height:
        raise ImageError(f"it is damaged: its header says that it has {width} x {height} pixels")
    levels = min(levels, 32) if flags & MIPMAPS else 1
    return _DdsHeader(width, height, count, max(levels, 1), layout, alpha & 7, start)


def _size_of_all_levels(found: _DdsHeader) -> int:
    sizes = ((max(1, found.width >> level), max(1, found.height >> level)) for level in range(found.levels))
    return sum(found.layout.size(*size) for size in sizes)


def _pixels(part: bytes, table: bytes, found: _DdsHeader) -> Pixels:
    """Return one picture: gray, RGB or RGB with alpha."""
    layout, shape = found.layout, (found.height, found.width)
    if layout.kind == BLOCKS:
        return _from_blocks(part, found)
    if layout.kind == PALETTE:
        colors = np.frombuffer(table, np.uint8)
        if len(colors) < 1024:
            raise ImageError("it is cut short: it ends within its palette")
        palette = colors.reshape(256, 4)[:, : 3 if layout.opaque else 4]
        return palette[np.frombuffer(part, np.uint8).reshape(shape)]
    if layout.masks:
        fields = bit_fields.unpacked(np.frombuffer(part, np.uint8).reshape(*shape, -1), layout.masks)
        return fields[:, :, 0] if fields.shape[2] == 1 else fields
    samples = np.frombuffer(part, layout.samples).reshape(*shape, -1)
    native = samples.astype(np.float32 if samples.dtype.kind == "f" else samples.dtype.newbyteorder("="))
    return native[:, :, 0] if native.shape[2] == 1 else _with_blue(native)


def _with_blue(pixels: Pixels) -> Pixels:
    """Return red and green as RGB without blue."""
    return np.concatenate([pixels, np.zeros_like(pixels[:, :, :1])], axis=2) if pixels.shape[2] == 2 else pixels


def _from_blocks(part: bytes, found: _DdsHeader) -> Pixels:
    """Decompress blocks of 4 x 4 pixels to gray, RGB or RGB with alpha."""
    number = found.layout.number
    mode = {4: "L", 5: "RGB"}.get(number, "RGBA")
    picture = PIL.Image.frombytes(mode, (found.width, found.height), part, "bcn", number, f"BC{number}")
    return np.asarray(picture)


def _with_meant_alpha(pixels: Pixels, found: _DdsHeader, losses: list[str]) -> Pixels:
    """Return pixels whose fourth channel is kept only if it is alpha, and not opaque everywhere."""
    if pixels.ndim < 3 or pixels.shape[2] < 4:
        return np.ascontiguousarray(pixels)
    alpha: npt.NDArray[np.generic] = pixels[:, :, 3]
    if found.alpha == CUSTOM:
        losses.append("a fourth channel, which is not alpha, is left out")
    if found.alpha in (OPAQUE, CUSTOM) or (alpha == white_level(pixels.dtype)).all():
        return np.ascontiguousarray(pixels[:, :, :3])
    return divided_by_alpha(pixels) if found.alpha == PREMULTIPLIED else np.ascontiguousarray(pixels)
