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


def least(plane: npt.NDArray[Any]) -> Any:
    """Return the least of each patch."""
    return cv2.erode(plane, np.ones((2 * RADIUS + 1,) * 2), borderType=cv2.BORDER_REFLECT)


def air(picture: Picture) -> npt.NDArray[Any]:
    """Return the color of the haze."""
    steps = least(picture.min(axis=2)).ravel()
    counts = [np.bincount(steps, plane.ravel(), STEPS) for plane in cv2.split(picture)]
    return np.asarray(air_light(np.array([255 * np.bincount(steps, minlength=STEPS), *counts])))


def by_opencv(picture: Picture, dtype: type[np.floating[Any]]) -> Any:
    """Return the filter in a precision."""
    light, colors = air(picture).astype(dtype), picture.astype(dtype) / dtype(255)

    def mean(plane: Any) -> Any:
        return cv2.blur(plane, (2 * WIDER * RADIUS + 1,) * 2, borderType=cv2.BORDER_REFLECT)

    dark = np.minimum((colors / light).min(axis=2), 1)
    transmission, guide = 1 - dtype(STRENGTH) * least(dark), (colors @ LUMA.astype(dtype))
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
