"""The flip, in each direction."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from PIL import Image
from task import Task

AXES = {"vertical": (0,), "horizontal": (1,), "both": (0, 1)}
OPENCV = {"vertical": 0, "horizontal": 1, "both": -1}
PILLOW = {
    "vertical": Image.Transpose.FLIP_TOP_BOTTOM,
    "horizontal": Image.Transpose.FLIP_LEFT_RIGHT,
    "both": Image.Transpose.ROTATE_180,
}


def cupy(image: Any, direction: str) -> Any:
    """Return the image itself, and not only another view of it."""
    import cupy

    return cupy.ascontiguousarray(cupy.flip(image, AXES[direction]))


def torchvision(image: Any, direction: str) -> Any:
    """Return torchvision's flip, or two of them."""
    from torchvision.transforms.v2 import functional

    if direction != "horizontal":
        image = functional.vertical_flip(image)
    return image if direction == "vertical" else functional.horizontal_flip(image)


def task(direction: str) -> Task:
    """Return the task for one direction."""
    return Task(
        "flip",
        {"direction": direction},
        lambda picture: np.flip(picture, AXES[direction]),
        {
            "OpenCV": lambda picture: cv2.flip(picture, OPENCV[direction]),
            "Pillow": lambda picture: Image.fromarray(picture).transpose(PILLOW[direction]),
        },
        {
            "CuPy": lambda image: cupy(image, direction),
            "torchvision": lambda image: torchvision(image, direction),
        },
        tolerance=0,
    )


TASKS = [task(direction) for direction in AXES]
