"""The automatic threshold, beside OpenCV, scikit-image and CuPy.

OpenCV's luminance has weights of 14 bits, so that a pixel here and there is on the other side of the level.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from references import gray, opencv_grayscale
from task import Picture, Task
from tasks.threshold import WHITE


def exact(picture: Picture, method: int) -> npt.NDArray[Any]:
    """Return OpenCV's result for the luminance with weights of 16 bits."""
    return np.asarray(cv2.threshold(gray(picture), 0, WHITE, method)[1])


def opencv(picture: Picture, method: int) -> Any:
    """Return OpenCV's."""
    return cv2.threshold(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), 0, WHITE, method)[1]


def scikit_image(picture: Picture, method: str) -> Any:
    """Return what is above scikit-image's level, of OpenCV's luminance."""
    from skimage import filters

    luminance = opencv_grayscale(picture)
    return np.where(luminance > getattr(filters, f"threshold_{method}")(luminance), np.uint8(WHITE), np.uint8(0))


def cupy_otsu(picture: Any) -> Any:
    """Return Otsu's in CuPy, the level being found there too."""
    import cupy as cp
    import cupy_filters

    luminance = cupy_filters.grayscale(picture)
    counts = cp.bincount(luminance.ravel(), minlength=256).astype(cp.float64)
    number, weight = cp.cumsum(counts), cp.cumsum(counts * cp.arange(256))
    between = (weight * number[-1] - weight[-1] * number) ** 2 / cp.maximum(number * (number[-1] - number), 1)
    return cp.where(luminance > cp.argmax(between), cp.uint8(WHITE), cp.uint8(0))


def task(method: str, theirs: int) -> Task:
    """Return the task for one method."""
    return Task(
        "auto-threshold",
        {"method": method},
        lambda picture: exact(picture, theirs),
        {
            "OpenCV": lambda picture: opencv(picture, theirs),
            "scikit-image": lambda picture: scikit_image(picture, method),
        },
        {"CuPy": cupy_otsu} if method == "otsu" else {},
        loose=dict.fromkeys(("OpenCV", "scikit-image", "CuPy"), WHITE),
    )


TASKS = [task("otsu", cv2.THRESH_OTSU), task("triangle", cv2.THRESH_TRIANGLE)]
