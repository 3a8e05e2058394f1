"""Hable's curve, beside OpenCV by a table of all bytes, and CuPy by the formula."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from task import Picture, Task


def hable(x: Any) -> Any:
    return (x * (0.15 * x + 0.05) + 0.004) / (x * (0.15 * x + 0.5) + 0.06) - 1 / 15


def curve(levels: Any, library: Any) -> Any:
    """Return what becomes of levels, in a library's arrays."""
    value = levels / 255
    light = library.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    made = hable(2 * light) / hable(11.2)
    encoded = library.where(made <= 0.0031308, 12.92 * made, 1.055 * library.maximum(made, 1e-9) ** (1 / 2.4) - 0.055)
    return library.clip(255 * encoded, 0, 255)


TABLE = curve(np.arange(256), np)


def exact(picture: Picture) -> npt.NDArray[Any]:
    return np.asarray(TABLE[picture])


def opencv(picture: Picture) -> Any:
    return cv2.LUT(picture, TABLE.round().astype(np.uint8))


def cupy(picture: Any) -> Any:
    import cupy

    return cupy.rint(curve(picture.astype(cupy.float32), cupy)).astype(cupy.uint8)


TASKS = [Task("filmic", {}, exact=exact, host={"OpenCV": opencv}, device={"CuPy": cupy})]
