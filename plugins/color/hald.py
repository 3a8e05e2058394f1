"""Hald CLUTs: color lookup tables that are stored as pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from imgcuda import Picture, color_channels, white_level

LARGEST_LEVEL = 16
"""One of level 16 has 4096 x 4096 pixels, and 256 colors along each side of its table."""

PICTURES = {".png", ".tif", ".tiff", ".jpg", ".jpeg", ".webp", ".bmp", ".ppm"}
"""The extensions of files that are taken for pictures."""


def is_picture(path: Path) -> bool:
    return path.suffix.lower() in PICTURES


def table_of(picture: Picture) -> npt.NDArray[np.float64]:
    """Return the table of a Hald CLUT, (size, size, size, 3) by blue, green and red; ValueError if it is none."""
    pixels: npt.NDArray[Any] = picture.pixels
    height, width, channels = pixels.shape
    levels = {level**3: level for level in range(2, LARGEST_LEVEL + 1)}
    if width != height or width not in levels:
        raise ValueError(f"got a picture of {width} x {height} pixels; a Hald CLUT has 8, 27, 64, 125 ... a side")
    size = levels[width] ** 2
    colors = pixels[..., : color_channels(channels)].astype(np.float64) / white_level(pixels.dtype)
    if not np.isfinite(colors).all():
        raise ValueError("got a picture with a number that is not finite")
    return np.broadcast_to(colors, (height, width, 3)).reshape(size, size, size, 3)
