"""Converts samples between 8 bits, 16 bits and floats: they are scaled to the new range, and rounded."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from imgcuda.pixels import white_level

Pixels = npt.NDArray[Any]
Depth = Literal["8", "16", "float"]

TYPES: dict[str, npt.DTypeLike] = {"8": np.uint8, "16": np.uint16, "float": np.float32}


def to_depth(pixels: Pixels, depth: str) -> Pixels:
    """Return samples in 8 bits, in 16, or as float: scaled so that white stays white, and rounded to the nearest.

    Floats below 0 and above 1 become black and white, as does what is not a number; `out_of_range` tells of them.
    """
    wanted = np.dtype(TYPES[depth])
    if pixels.dtype == wanted:
        return pixels
    if wanted == np.float32:
        unit: Pixels = np.divide(pixels, np.float32(white_level(pixels.dtype)), dtype=np.float32)
        return unit
    if pixels.dtype == np.float32:
        clipped = np.clip(np.nan_to_num(pixels, nan=0.0), 0, 1)
        whole: Pixels = np.rint(clipped * np.float32(white_level(wanted))).astype(wanted)
        return whole
    if wanted == np.uint16:
        return pixels.astype(np.uint16) * np.uint16(257)  # 65535 / 255
    return ((pixels.astype(np.uint32) + 128) // 257).astype(np.uint8)


def is_deeper(depth: str, than: np.dtype[Any]) -> bool:
    """Return whether a depth has room for more than a sample type has."""
    return np.dtype(TYPES[depth]).itemsize > than.itemsize
