"""Brightness, beside OpenCV, Pillow, CuPy and torchvision; Pillow and torchvision cut off what is not a whole level."""

from __future__ import annotations

from typing import Any

import cv2
import lookups
from PIL import Image, ImageEnhance
from task import Task

FACTOR = 1.5


def torchvision(picture: Any) -> Any:
    from torchvision.transforms.v2 import functional

    return functional.adjust_brightness(picture, FACTOR)


TASKS = [
    Task(
        "brightness",
        {"factor": FACTOR},
        exact=lookups.exact(lambda colors: FACTOR * colors),
        host={
            "OpenCV": lambda picture: cv2.convertScaleAbs(picture, alpha=FACTOR),
            "Pillow": lambda picture: ImageEnhance.Brightness(Image.fromarray(picture)).enhance(FACTOR),
        },
        device={**lookups.device(lambda colors: FACTOR * colors), "torchvision": torchvision},
    )
]
