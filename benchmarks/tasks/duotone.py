"""Duotone, beside OpenCV and Pillow."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from PIL import Image, ImageOps
from task import Picture, Task

BLACK, WHITE = np.array([20.0, 0, 90]), np.array([255.0, 240, 130])
WEIGHTS = np.array([0.299, 0.587, 0.114])
MATRIX = np.column_stack([np.outer(WHITE - BLACK, WEIGHTS) / 255, BLACK])


def pillow(picture: Picture) -> Any:
    """Return Pillow's, which makes the luminance a whole level and rounds down."""
    return ImageOps.colorize(Image.fromarray(picture).convert("L"), "#14005a", "#fff082")


TASKS = [
    Task(
        "duotone",
        {"black": "#14005a", "white": "#fff082"},
        exact=lambda picture: picture @ MATRIX[:, :3].T + MATRIX[:, 3],
        host={"OpenCV": lambda picture: cv2.transform(picture, MATRIX), "Pillow": pillow},
        loose={"Pillow": 2},
    )
]
