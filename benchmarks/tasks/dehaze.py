"""Dehaze, beside its steps by OpenCV's erosion and box filters."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from references import LUMA
from task import Picture, Task

from imgcuda_plugins.tone.dehaze import EPS, STEPS, WIDER, air_light

RADIUS, STRENGTH, LEAST = 7, 0.95, 0.1


def air(picture: Picture) -> npt.NDArray[Any]:
    """Return the color of the haze, by parts of rows."""
    length = 2 * RADIUS + 1
    short = -picture.shape[1] % length
    padded = np.pad(picture, [(0, 0), (0, short), (0, 0)], "edge").reshape(-1, length, 3)
    there = np.pad(np.ones(picture.shape[:2], np.int64), [(0, 0), (0, short)]).reshape(-1, length)
    steps, numbers = padded.min(axis=(1, 2)), there.sum(axis=1)
    colors = (padded * there[..., None]).sum(axis=1)
    sums = [np.bincount(steps, each, STEPS) for each in (255 * numbers, *colors.T)]
    return np.asarray(air_light(np.array(sums)))


def by_opencv(picture: Picture, dtype: type[np.floating[Any]]) -> Any:
    """Return the filter in a precision."""
    light, colors = air(picture).astype(dtype), picture.astype(dtype) / dtype(255)

    def mean(plane: Any) -> Any:
        return cv2.blur(plane, (2 * WIDER * RADIUS + 1,) * 2, borderType=cv2.BORDER_REFLECT)

    dark = np.minimum((colors / light).min(axis=2), 1)
    patches = cv2.erode(dark, np.ones((2 * RADIUS + 1,) * 2), borderType=cv2.BORDER_REFLECT)
    transmission, guide = 1 - dtype(STRENGTH) * patches, (colors @ LUMA.astype(dtype))
    middle, wanted = mean(guide), mean(transmission)
    slope = (mean(guide * transmission) - middle * wanted) / (mean(guide * guide) - middle * middle + dtype(EPS))
    refined = mean(slope) * guide + mean(wanted - slope * middle)
    made = (colors - light) / np.maximum(refined, dtype(LEAST))[..., None] + light
    return np.clip(255 * made, 0, 255)


TASKS = [
    Task(
        "dehaze",
        {},
        lambda picture: np.asarray(by_opencv(picture, np.float64)),
        {"OpenCV": lambda picture: np.rint(by_opencv(picture, np.float32)).astype(np.uint8)},
    )
]
