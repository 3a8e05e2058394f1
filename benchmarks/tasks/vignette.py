"""Vignette, beside what one writes with OpenCV and CuPy, which have none: the light at each pixel, and a product."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from task import Picture, Task

AMOUNT, RADIUS, SOFTNESS = 0.6, 0.35, 0.65


def light(shape: tuple[int, ...], module: Any, dtype: npt.DTypeLike) -> Any:
    """Return what the colors are multiplied by, as an array of NumPy or CuPy."""
    height, width = shape[:2]
    y = (module.arange(height, dtype=dtype) - (height - 1) / 2)[:, None]
    x = (module.arange(width, dtype=dtype) - (width - 1) / 2)[None, :]
    distance = module.sqrt((x * x + y * y) * (4 / (width**2 + height**2)))
    t = module.clip((distance - RADIUS) / SOFTNESS, 0, 1)
    return 1 - AMOUNT * t * t * (3 - 2 * t)


def exact(picture: Picture) -> npt.NDArray[Any]:
    made: npt.NDArray[Any] = np.rint(picture * light(picture.shape, np, np.float64)[..., None])
    return made.astype(np.uint8)


def opencv(picture: Picture) -> Any:
    mask = light(picture.shape, np, np.float32)
    return cv2.multiply(picture, cv2.merge([mask] * 3), dtype=cv2.CV_8U)


def cupy(picture: Any) -> Any:
    import cupy

    mask = light(picture.shape, cupy, cupy.float32)
    return cupy.rint(picture * mask[..., None]).astype(cupy.uint8)


TASKS = [Task("vignette", {}, exact=exact, host={"OpenCV": opencv}, device={"CuPy": cupy})]
