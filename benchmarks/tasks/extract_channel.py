"""One channel, beside OpenCV, Pillow, NumPy and CuPy."""

from __future__ import annotations

import cv2
import numpy as np
from PIL import Image
from task import Task

TASKS = [
    Task(
        "extract-channel",
        {"channel": "green"},
        exact=lambda picture: picture[:, :, 1],
        host={
            "OpenCV": lambda picture: cv2.extractChannel(picture, 1),
            "Pillow": lambda picture: Image.fromarray(picture).getchannel(1),
            "NumPy": lambda picture: np.ascontiguousarray(picture[:, :, 1]),
        },
        device={"CuPy": lambda picture: picture[:, :, 1].copy()},
    )
]
