"""Write PNG: 8 and 16 bits, gray and color, still and animated, on all cores.

Pillow cannot write 16-bit color, and takes half a second for 4K before it begins to compress. The encoders that can
are 80 MB of libraries. A PNG is little more than compressed rows, which `png_rows` makes, in chunks with a checksum.
docs/files.md has the times.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fractions import Fraction

from imgcuda.cores import cores
from imgcuda.images import color, png_rows, raw_profiles
from imgcuda.images.image import Image, Pixels, as_planes

COLOR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}
"""What PNG calls so many channels."""


def encode(image: Image, metadata: bytes, compress: int | None) -> bytes:
    """Return a PNG, or an animated one if the image has several frames.

    `metadata` is whole chunks, as `chunks` makes them; `compress` goes from 0 (none) to 9 (small, and slow).
    """
    level = png_rows.FAST if compress is None else compress
    with ThreadPoolExecutor(cores()) as pool:
        parts = [b"\x89PNG\r\n\x1a\n", _header(image.pixels), metadata]
        if image.later:
            parts += _animation(image, level, pool)
        else:
            parts += [_chunk(b"IDAT", data) for data in png_rows.compressed(image.pixels, level, pool)]
        return b"".join([*parts, _chunk(b"IEND", b"")])


def chunks(image: Image) -> bytes:
    """Return an image's metadata as chunks; a resolution is rounded to whole dots per meter."""
    exif, xmp, icc, dpi, text = image.exif, image.xmp, image.icc, image.dpi, image.text
    made = []
    if icc:
        made.append(_chunk(b"iCCP", b"ICC Profile\0\0" + zlib.compress(icc)))
    made += [_chunk(kind, data) for kind, data in color.chunks(image.color, bool(icc))]
    if dpi:
        made.append(_chunk(b"pHYs", struct.pack(">IIB", *(round(value / 0.0254) for value in dpi), 1)))
    elif image.aspect:
        made.append(_chunk(b"pHYs", struct.pack(">IIB", *image.aspect, 0)))
    if exif:
        made.append(_chunk(b"eXIf", exif.removeprefix(b"Exif\0\0")))
    if xmp:
        made.append(_chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp))
    if image.photoshop:
        made.append(_profile("iptc", image.photoshop))
    return b"".join([*made, *(_text(keyword, text) for keyword, text in text)])


def _profile(name: str, data: bytes) -> bytes:
    keyword, text = (raw_profiles.PREFIX + name).encode(), raw_profiles.text(name, data).encode()
    return _chunk(b"zTXt", keyword + b"\0\0" + zlib.compress(text))


def _text(keyword: str, text: str) -> bytes:
    key, text = keyword.encode("latin-1", "replace")[:79] or b"Comment", text.replace("\0", "")
    try:
        return _chunk(b"tEXt", key + b"\0" + text.encode("latin-1"))
    except UnicodeEncodeError:
        return _chunk(b"iTXt", key + b"\0\0\0\0\0" + text.encode())


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(data, zlib.crc32(kind)))


def _header(pixels: Pixels) -> bytes:
    planes = as_planes(pixels)
    height, width, channels = planes.shape
    bits = 8 * planes.dtype.itemsize
    return _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, COLOR_TYPES[channels], 0, 0, 0))


# Animations


@dataclass
class _Sequence:
    """The number that each of an animation's chunks has."""

    number: int = -1

    def next(self) -> bytes:
        self.number += 1
        return struct.pack(">I", self.number)


def _animation(image: Image, level: int, pool: ThreadPoolExecutor) -> Iterator[bytes]:
    """Return the chunks of an animation: every frame whole, in the place of the one before."""
    sequence, shown = _Sequence(), len(image.frames) - image.has_default_image
    yield _chunk(b"acTL", struct.pack(">II", shown, image.plays))
    for number, frame in enumerate(image.frames):
        if number or not image.has_default_image:
            yield _frame_control(frame, sequence)
        for data in png_rows.compressed(frame.pixels, level, pool):
            yield _chunk(b"fdAT", sequence.next() + data) if number else _chunk(b"IDAT", data)


def _frame_control(frame: Image, sequence: _Sequence) -> bytes:
    height, width = frame.pixels.shape[:2]
    seconds = Fraction(frame.duration or 0).limit_denominator(60000) / 1000
    seconds = seconds.limit_denominator(65535)
    delay = (min(seconds.numerator, 65535), seconds.denominator)
    return _chunk(b"fcTL", sequence.next() + struct.pack(">IIIIHHBB", width, height, 0, 0, *delay, 0, 0))
