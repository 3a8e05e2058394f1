"""Composite, beside Pillow, OpenCV and CuPy."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from PIL import Image, ImageChops
from task import Picture, Task

OTHER = np.random.default_rng(1).integers(0, 256, (4320, 7680, 3), dtype=np.uint8)


def other(picture: Picture) -> Picture:
    """Return a picture of the same size."""
    return OTHER[: picture.shape[0], : picture.shape[1]]


def exact(picture: Picture) -> Any:
    return picture.astype(np.float64) * other(picture) / 255


def cupy(picture: Any) -> Any:
    import cupy

    above = cupy.asarray(OTHER[: picture.shape[0], : picture.shape[1]])
    return ((picture.astype(cupy.uint16) * above + 127) // 255).astype(cupy.uint8)


TASKS = [
    Task(
        "composite",
        {"mode": "multiply", "image": OTHER},
        exact=exact,
        host={
            "Pillow": lambda picture: ImageChops.multiply(Image.fromarray(picture), Image.fromarray(other(picture))),
            "OpenCV": lambda picture: cv2.multiply(picture, other(picture), scale=1 / 255),
        },
        device={"CuPy": cupy},
    )
]
