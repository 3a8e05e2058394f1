"""Write PNG: 8 and 16 bits, gray and color, still and animated, on all cores.

Pillow cannot write 16-bit color, and takes half a second for 4K before it begins to compress. The encoders that can
are 80 MB of libraries. A PNG is little more than rows, each less a guess from its neighbors ("filtered"), compressed
by zlib. NumPy and the standard library do both, and release the lock of the interpreter, so bands of rows are
compressed at the same time. docs/files.md has the times.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from imgcuda.images import color, raw_profiles
from imgcuda.images.image import Image, Pixels, as_planes

Bytes = npt.NDArray[np.uint8]

COLOR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}
"""What PNG calls so many channels."""

BAND = 1 << 20
"""So many bytes are compressed at once: enough that beginning anew costs nothing, and few enough for many cores."""

NONE, SUB, UP, AVERAGE, PAETH = range(5)

FAST = 1
"""The default of `compress`."""
RUNS = 3
"""Up to here only what repeats at once is looked for; beyond it anything that repeats."""


def encode(image: Image, metadata: bytes, compress: int | None) -> bytes:
    """Return a PNG, or an animated one if the image has several frames.

    `metadata` is whole chunks, as `chunks` makes them; `compress` goes from 0 (none) to 9 (small, and slow).
    """
    level = FAST if compress is None else compress
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        parts = [b"\x89PNG\r\n\x1a\n", _header(image.pixels), metadata]
        if image.later:
            parts += _animation(image, level, pool)
        else:
            parts += [_chunk(b"IDAT", data) for data in _compressed(image.pixels, level, pool)]
        return b"".join([*parts, _chunk(b"IEND", b"")])


def chunks(
    image: Image,
) -> bytes:
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
        for data in _compressed(frame.pixels, level, pool):
            yield _chunk(b"fdAT", sequence.next() + data) if number else _chunk(b"IDAT", data)


def _frame_control(frame: Image, sequence: _Sequence) -> bytes:
    height, width = frame.pixels.shape[:2]
    seconds = Fraction(frame.duration or 0).limit_denominator(60000) / 1000
    seconds = seconds.limit_denominator(65535)
    delay = (min(seconds.numerator, 65535), seconds.denominator)
    return _chunk(b"fcTL", sequence.next() + struct.pack(">IIIIHHBB", width, height, 0, 0, *delay, 0, 0))


# Rows


def _compressed(pixels: Pixels, level: int, pool: ThreadPoolExecutor) -> Iterator[bytes]:
    """Return an image's zlib stream in pieces, one for each band of rows, whose end is flushed to a whole byte."""
    planes = as_planes(pixels)
    rows = planes.astype(planes.dtype.newbyteorder(">"), copy=False).view(np.uint8).reshape(len(planes), -1)
    step = planes.shape[2] * planes.dtype.itemsize
    size = max(1, BAND // max(1, rows.shape[1]))
    starts = range(0, len(rows), size)
    bands = pool.map(lambda start: _band(rows, start, size, step, level), starts)
    checksum, header = 1, b"\x78\x01"
    for start, (filtered, data) in zip(starts, bands, strict=True):
        checksum = zlib.adler32(filtered.data, checksum)
        last = start + size >= len(rows)
        yield (header if start == 0 else b"") + data + (struct.pack(">I", checksum) if last else b"")


def _band(rows: Bytes, start: int, size: int, step: int, level: int) -> tuple[Bytes, bytes]:
    """Return some rows filtered, and compressed."""
    above = rows[start - 1 : start] if start else np.zeros_like(rows[:1])
    band = rows[start : start + size]
    filtered, drawn = _filtered(band, np.concatenate([above, band[:-1]]), step, level)
    last = start + size >= len(rows)
    return filtered, _deflated(filtered, level, drawn, zlib.Z_FINISH if last else zlib.Z_SYNC_FLUSH)


def _deflated(filtered: Bytes, level: int, drawn: bool, flush: int) -> bytes:
    """Return rows compressed. Of a photograph what repeats is chance: runs and rare values are all there is to gain."""
    strategy = zlib.Z_DEFAULT_STRATEGY if drawn else zlib.Z_RLE if level <= RUNS else zlib.Z_FILTERED
    compressor = zlib.compressobj(max(level, 6) if drawn else level, zlib.DEFLATED, -15, 9, strategy)
    return compressor.compress(filtered.data) + compressor.flush(flush)


def _filtered(band: Bytes, above: Bytes, step: int, level: int) -> tuple[Bytes, bool]:
    """Return rows less what the neighbors let expect, each in the way that leaves least, and whether they are drawn.

    What is drawn, not photographed, repeats itself exactly, and is best left as it is.
    """
    made = np.empty((len(band), 1 + band.shape[1]), np.uint8)
    if level == 0 or _is_drawn(band, above):
        made[:, 0], made[:, 1:] = NONE, band
        return made, level != 0
    left = np.zeros_like(band)
    left[:, step:] = band[:, :-step]
    guesses = {SUB: left, UP: above, AVERAGE: (left & above) + ((left ^ above) >> 1)}
    if level > FAST:
        guesses[PAETH] = _paeth(left, above, step)
    rests = {kind: band - guess for kind, guess in guesses.items()}
    sizes = np.array([_size(rest) for rest in rests.values()])
    best = np.array(list(rests))[sizes.argmin(axis=0)]
    for kind, rest in rests.items():
        made[best == kind, 1:] = rest[best == kind]
    made[:, 0] = best
    return made, False


def _paeth(left: Bytes, above: Bytes, step: int) -> Bytes:
    """Return Paeth's predictor: left, above or the corner between them, whichever is nearest left + above - corner."""
    corner = np.zeros_like(above)
    corner[:, step:] = above[:, :-step]
    across, down = above.astype(np.int16) - corner, left.astype(np.int16) - corner
    to_left, to_above, to_corner = np.abs(across), np.abs(down), np.abs(across + down)
    guess = np.where(to_above <= to_corner, above, corner)
    return np.where((to_left <= to_above) & (to_left <= to_corner), left, guess)


def _size(rest: Bytes) -> npt.NDArray[np.int64]:
    """Return how much is left in each row: the sum of the distances from 0, where 255 is -1."""
    distances: npt.NDArray[np.int64] = np.minimum(rest, 0 - rest).sum(axis=1, dtype=np.int64)
    return distances


def _is_drawn(band: Bytes, above: Bytes) -> bool:
    """Return whether most of the samples are the same as those above them."""
    return bool(np.count_nonzero(band == above) > band.size // 2)
