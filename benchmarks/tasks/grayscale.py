"""Grayscale, beside OpenCV, Pillow, CuPy and torchvision."""

from __future__ import annotations

from typing import Any

import cv2
import references
from PIL import Image
from task import Task


def cupy(picture: Any) -> Any:
    import cupy_filters

    return cupy_filters.FILTERS["grayscale"](picture)


def torchvision(picture: Any) -> Any:
    from torchvision.transforms.v2 import functional

    return functional.rgb_to_grayscale(picture)


TASKS = [
    Task(
        "grayscale",
        {},
        exact=references.grayscale,
        host={
            "OpenCV": lambda picture: cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY),
            "Pillow": lambda picture: Image.fromarray(picture).convert("L"),
        },
        device={"CuPy": cupy, "torchvision": torchvision},
        loose={"torchvision": 2},
    )
]
