"""A range of colors, beside OpenCV."""

from __future__ import annotations

from typing import Any

import cv2
from task import Picture, Task

LOW, HIGH = (32, 64, 128), (192, 160, 255)


def opencv(picture: Picture) -> Any:
    """Return OpenCV's mask."""
    return cv2.inRange(picture, LOW, HIGH)


TASKS = [
    Task(
        "in-range",
        {"low": "#204080", "high": "#c0a0ff"},
        opencv,
        {"OpenCV": opencv},
        tolerance=0,
    )
]
