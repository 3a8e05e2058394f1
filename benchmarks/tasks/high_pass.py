"""The high-pass: an image minus its blur, around gray, beside OpenCV and CuPy."""

from __future__ import annotations

from typing import Any

import cupy_filters
import cv2
import numpy as np
import numpy.typing as npt
from references import gaussian
from task import Picture, Task

SIGMA = 4.0


def exact(picture: Picture) -> npt.NDArray[Any]:
    floats = picture.astype(np.float32)
    return np.asarray(np.clip(127.5 + floats - gaussian(floats, SIGMA), 0, 255))


def opencv(picture: Picture) -> Any:
    """Return OpenCV's of bytes, which rounds the blur."""
    return cv2.addWeighted(picture, 1, gaussian(picture, SIGMA), -1, 127.5)


def cupy(picture: Any) -> Any:
    import cupy

    floats = picture.astype(cupy.float32)
    return cupy.clip(cupy.rint(127.5 + floats - cupy_filters.blur(floats, SIGMA)), 0, 255).astype(cupy.uint8)


TASKS = [
    Task(
        "high-pass",
        {"sigma": SIGMA},
        exact=exact,
        host={"OpenCV": opencv},
        device={"CuPy": cupy},
        loose={"OpenCV": 2},
        margin=int(4 * SIGMA),
    )
]
