"""Saturation, beside OpenCV and CuPy, which take a matrix, and Pillow and torchvision, which have it.

Those two make the luma a whole level, and cut off of the result what is not.
"""

from __future__ import annotations

from typing import Any

import matrices
import numpy as np
from PIL import Image, ImageEnhance
from task import Task

FACTOR = 1.5
WEIGHTS = np.array([0.299, 0.587, 0.114])
MATRIX = (1 - FACTOR) * np.tile(WEIGHTS, (3, 1)) + FACTOR * np.eye(3)


def torchvision(picture: Any) -> Any:
    from torchvision.transforms.v2 import functional

    return functional.adjust_saturation(picture, FACTOR)


TASKS = [
    Task(
        "saturation",
        {"factor": FACTOR},
        exact=matrices.exact(MATRIX),
        host={
            **matrices.host(MATRIX),
            "Pillow": lambda picture: ImageEnhance.Color(Image.fromarray(picture)).enhance(FACTOR),
        },
        device={**matrices.device(MATRIX), "torchvision": torchvision},
    )
]
