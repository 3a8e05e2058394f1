"""Tilt-shift, beside the same weighted mean of blurs by OpenCV."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from references import gaussian
from task import Picture, Task

Pixels = npt.NDArray[Any]

SIGMAS = (0.0, 0.75, 1.5, 3.0, 6.0)
"""The standard deviations of the blurs; the first is the picture itself."""


def weights(height: int) -> Pixels:
    """Return the weight of each blur in each row, (blurs, height, 1, 1): a band of a fifth, and 0.3 to either side."""
    distance = np.abs(np.arange(height) + 0.5 - height / 2) - height / 10
    variance = (SIGMAS[-1] * np.clip(distance / (0.3 * height), 0, 1)) ** 2
    squares = np.square(SIGMAS)
    found = [np.interp(variance, squares, one) for one in np.eye(len(SIGMAS))]
    return np.asarray(found, np.float32)[:, :, None, None]


def mean(picture: Pixels) -> Pixels:
    """Return the mean of a picture and its blurs, which have the type of the picture."""
    made = np.zeros(picture.shape, np.float32)
    for sigma, weight in zip(SIGMAS, weights(len(picture)), strict=True):
        made += weight * (gaussian(picture, sigma) if sigma else picture)
    return made


def exact(picture: Picture) -> Pixels:
    return mean(picture.astype(np.float32))


def opencv(picture: Picture) -> Any:
    return cv2.convertScaleAbs(mean(picture))


TASKS = [Task("tilt-shift", {}, exact, {"OpenCV": opencv}, loose={"OpenCV": 2})]
