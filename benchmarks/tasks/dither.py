"""Dither, beside NumPy and CuPy: no library of Python's has ordered patterns."""

from __future__ import annotations

from typing import Any

import numpy as np
from task import Picture, Task

from imgcuda_plugins.stylize.dither import thresholds

TABLE = thresholds("bayer8")


def with_numpy(picture: Picture) -> Any:
    height, width = picture.shape[:2]
    pattern = np.tile(255 - np.floor(TABLE * 255).astype(np.uint8), (-(-height // 8), -(-width // 8)))
    return (picture >= pattern[:height, :width, None]) * np.uint8(255)


def cupy(picture: Any) -> Any:
    import cupy

    height, width = picture.shape[:2]
    pattern = cupy.asarray(255 - np.floor(TABLE * 255).astype(np.uint8))
    rows, columns = cupy.arange(height) % 8, cupy.arange(width) % 8
    return (picture >= pattern[rows[:, None], columns[None, :], None]) * cupy.uint8(255)


TASKS = [Task("dither", {}, exact=with_numpy, host={"NumPy": with_numpy}, device={"CuPy": cupy})]
