"""Files for the tests: made by others than what is tested, of the kinds that Pillow cannot write."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import PIL.Image

Pixels = npt.NDArray[Any]

RGB = np.arange(5 * 7 * 3, dtype=np.uint8).reshape(5, 7, 3) * 2


def samples(channels: int, dtype: npt.DTypeLike = np.uint8, size: tuple[int, int] = (5, 7)) -> Pixels:
    """Return random samples, with their alpha not 0, where a color may be lost; one channel is two-dimensional."""
    kind = np.dtype(dtype)
    random = np.random.default_rng([channels, kind.itemsize])
    shape = (*size, channels)
    if kind.kind == "f":
        made: Pixels = random.uniform(0.01, 1, shape).astype(kind)
    else:
        made = random.integers(1, np.iinfo(kind).max, shape, kind, endpoint=True)
    return made[:, :, 0] if channels == 1 else made


def saved(path: Path, picture: PIL.Image.Image, **options: Any) -> Path:
    picture.save(path, **options)
    return path


def opened(path: Path) -> PIL.Image.Image:
    """Return what Pillow alone makes of a file, which is then closed."""
    with PIL.Image.open(path) as picture:
        picture.load()
        return picture


def by_opencv(path: Path) -> Pixels:
    """Return a file's samples as OpenCV reads them: RGB, and at full depth."""
    read: Pixels | None = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert read is not None
    return read if read.ndim == 2 else read[:, :, [2, 1, 0, 3][: read.shape[2]]]


def save_by_opencv(path: Path, pixels: Pixels, *options: int) -> Path:
    """Write gray, RGB or RGBA at full depth."""
    swapped = pixels if pixels.ndim == 2 else pixels[:, :, [2, 1, 0, 3][: pixels.shape[2]]]
    assert cv2.imwrite(str(path), swapped, list(options))
    return path


def chunk(kind: bytes, data: bytes) -> bytes:
    """Return a chunk of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(pixels: Pixels, *, size: tuple[int, int] | None = None, before: bytes = b"", interlaced: bool = False) -> bytes:
    """Return a PNG that is made in the plainest way; `before` are chunks that stand before the pixels."""
    planes = pixels if pixels.ndim == 3 else pixels[:, :, None]
    height, width, channels = planes.shape
    color_type = {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    rows = planes.astype(planes.dtype.newbyteorder(">"))
    passes = [rows[y::down, x::right] for x, y, right, down in ADAM7] if interlaced else [rows]
    data = b"".join(b"\0" + row.tobytes() for part in passes if part.size for row in part)
    return png_of(data, size or (width, height), 8 * pixels.dtype.itemsize, color_type, interlaced, before)


def png_of(
    data: bytes, size: tuple[int, int], bits: int, color_type: int, interlaced: bool = False, before: bytes = b""
) -> bytes:
    """Return a PNG of rows that are filtered already, each with its filter's number before it."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", *size, bits, color_type, 0, 0, interlaced))
    return b"\x89PNG\r\n\x1a\n" + head + before + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")


ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
"""Where each pass of an interlaced PNG begins, and its steps: across, down."""
