"""Bloom, beside the same steps in OpenCV."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from references import LUMA, gaussian
from task import Picture, Task


def exact(picture: Picture) -> Any:
    part = np.clip(2 * (picture @ LUMA / 255 - 0.25), 0, 1)
    light = gaussian(0.5 * part[..., None] * picture, 10)
    return np.minimum(picture + light, 255)


def opencv(picture: Picture) -> Any:
    gray = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    table = np.rint(127.5 * np.clip(2 * (np.arange(256) / 255 - 0.25), 0, 1)).astype(np.uint8)
    part = cv2.cvtColor(cv2.LUT(gray, table), cv2.COLOR_GRAY2RGB)
    light = gaussian(cv2.multiply(picture, part, scale=1 / 255), 10)
    return cv2.add(picture, light)


TASKS = [Task("bloom", {}, exact=exact, host={"OpenCV": opencv}, loose={"OpenCV": 2})]
