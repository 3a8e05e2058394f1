"""Flatten of a picture that becomes half transparent before, beside Pillow and OpenCV."""

from __future__ import annotations

from typing import Any

import cv2
from task import Picture, Task

WHITE = 255 * 0.5


def opencv(picture: Picture) -> Any:
    return cv2.convertScaleAbs(picture, alpha=0.5, beta=WHITE)


TASKS = [
    Task("set-alpha + flatten", {}, exact=lambda picture: picture * 0.5 + WHITE, host={"OpenCV": opencv}, tolerance=2)
]
