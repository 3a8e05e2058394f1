"""Sketch, beside the recipe of OpenCV's users."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from references import LUMA, gaussian
from task import Picture, Task


def exact(picture: Picture) -> Any:
    gray = picture @ LUMA
    around = gaussian(gray, 5)
    return np.minimum(255 * gray / np.maximum(around, 1e-9), 255)


def opencv(picture: Picture) -> Any:
    gray = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    around = gaussian(gray, 5)
    return cv2.divide(gray, around, scale=255)


TASKS = [Task("sketch", {}, exact=exact, host={"OpenCV": opencv}, loose={"OpenCV": 128})]
