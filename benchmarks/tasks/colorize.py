"""Colorize, beside OpenCV's HSL in bytes."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from references import LUMA
from task import Picture, Task


def exact(picture: Picture) -> npt.NDArray[Any]:
    level = (picture @ LUMA).astype(np.float32) / 255
    hls = np.dstack([np.full_like(level, 210), level, np.full_like(level, 0.5)])
    return np.asarray(255 * cv2.cvtColor(hls, cv2.COLOR_HLS2RGB))


def opencv(picture: Picture) -> Any:
    gray = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    hls = cv2.merge([np.full_like(gray, 105), gray, np.full_like(gray, 128)])
    return cv2.cvtColor(hls, cv2.COLOR_HLS2RGB)


TASKS = [Task("colorize", {"hue": 210.0, "saturation": 0.5}, exact, {"OpenCV": opencv}, loose={"OpenCV": 2})]
