"""Red and blue swapped, beside OpenCV, NumPy and CuPy."""

from __future__ import annotations

import cv2
import numpy as np
from task import Task

TASKS = [
    Task(
        "swap-channels",
        {"order": "bgr"},
        exact=lambda picture: picture[:, :, ::-1],
        host={
            "OpenCV": lambda picture: cv2.cvtColor(picture, cv2.COLOR_RGB2BGR),
            "NumPy": lambda picture: np.ascontiguousarray(picture[:, :, ::-1]),
        },
        device={"CuPy": lambda picture: picture[:, :, ::-1].copy()},
    )
]
