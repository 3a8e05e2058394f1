"""Cartoon, beside GEGL's steps by OpenCV's fewest calls."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from references import LUMA, gaussian
from task import Picture, Task

Pixels = npt.NDArray[Any]

STEPS = 1024


def blur(light: Pixels, radius: float) -> Pixels:
    """Return the blur by the Gaussian that falls to 1/255 at radius + 1 pixels."""
    return gaussian(light, (radius + 1) / np.sqrt(2 * np.log(255)))


def ramp(quotient: Pixels) -> float:
    """Return 1 - q, where a fifth of the quotients below 1 is at most q."""
    counts = cv2.calcHist([quotient], [0], None, [STEPS], [0, 1]).ravel()[:-1].astype(np.float64)
    so_far = np.cumsum(counts)
    step = int(np.searchsorted(so_far, so_far[-1] / 5))
    return float(1 - (step + 1 - (so_far[step] - so_far[-1] / 5) / counts[step]) / STEPS)


def shaded(picture: Picture, light: Pixels) -> Pixels:
    """Return the picture with the luminance drawn, from 0 to 255."""
    near = blur(light, 1)
    quotient = cv2.divide(near, blur(light, 7))
    factor = np.clip(1 - (1 - quotient) / ramp(quotient), 0, 1)
    return np.asarray(picture + (np.clip(near * factor, 0, 255) - light)[:, :, None])


def exact(picture: Picture) -> Pixels:
    return np.clip(shaded(picture, (picture @ LUMA).astype(np.float32)), 0, 255)


def opencv(picture: Picture) -> Any:
    made = shaded(picture, cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32))
    return np.clip(made, 0, 255).astype(np.uint8)


TASKS = [Task("cartoon", {}, exact, {"OpenCV": opencv}, loose={"OpenCV": 16})]
