"""Invert, beside OpenCV, Pillow, scikit-image, CuPy and torchvision."""

from __future__ import annotations

from typing import Any

import cv2
import skimage.util
from PIL import Image, ImageOps
from task import Task


def cupy(picture: Any) -> Any:
    import cupy

    return cupy.invert(picture)


def torchvision(picture: Any) -> Any:
    from torchvision.transforms.v2 import functional

    return functional.invert(picture)


TASKS = [
    Task(
        "invert",
        {},
        exact=lambda picture: 255.0 - picture,
        host={
            "OpenCV": cv2.bitwise_not,
            "Pillow": lambda picture: ImageOps.invert(Image.fromarray(picture)),
            "scikit-image": skimage.util.invert,
        },
        device={"CuPy": cupy, "torchvision": torchvision},
        tolerance=0,
    )
]
