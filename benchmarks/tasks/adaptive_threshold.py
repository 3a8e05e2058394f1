"""The adaptive threshold of a gray picture's means and deviations, beside OpenCV and scikit-image.

OpenCV's luminance has weights of 14 bits, so that a pixel here and there is on the other side of its level.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from references import gray, opencv_grayscale
from task import Task
from tasks.threshold import WHITE

RADIUS, BELOW = 7, 5
SIDE = 2 * RADIUS + 1


def by_mean(luminance: npt.NDArray[np.uint8], method: int) -> Any:
    """Return OpenCV's."""
    return cv2.adaptiveThreshold(luminance, WHITE, method, cv2.THRESH_BINARY, SIDE, BELOW)


def by_deviation(luminance: npt.NDArray[np.uint8], method: str) -> Any:
    """Return what is above scikit-image's level."""
    from skimage import filters

    level = getattr(filters, f"threshold_{method}")(luminance, SIDE)
    return np.where(luminance > level, np.uint8(WHITE), np.uint8(0))


def mean(method: str, theirs: int) -> Task:
    """Return the task for a kind of mean."""
    return Task(
        "adaptive-threshold",
        {"method": method, "radius": RADIUS, "offset": BELOW / 255, "border": "nearest"},
        lambda picture: by_mean(gray(picture), theirs),
        {"OpenCV": lambda picture: by_mean(opencv_grayscale(picture), theirs)},
        loose={"OpenCV": WHITE},
    )


def deviation(method: str) -> Task:
    """Return the task for a kind of deviation."""
    return Task(
        "adaptive-threshold",
        {"method": method, "radius": RADIUS, "border": "mirror"},
        lambda picture: by_deviation(gray(picture), method),
        {"scikit-image": lambda picture: by_deviation(opencv_grayscale(picture), method)},
        loose={"scikit-image": WHITE},
    )


TASKS = [
    mean("mean", cv2.ADAPTIVE_THRESH_MEAN_C),
    mean("gaussian", cv2.ADAPTIVE_THRESH_GAUSSIAN_C),
    deviation("niblack"),
    deviation("sauvola"),
]
