"""Median, beside OpenCV, Pillow and CuPy."""

from __future__ import annotations

from typing import Any

import cv2
from PIL import Image, ImageFilter
from task import Picture, Task

PATIENCE = 7
"""From this radius on Pillow takes a minute, and beyond it CuPy seconds."""


def task(radius: int) -> Task:
    """Return the median of a square; OpenCV's border is the nearest pixel, Pillow leaves the edge out."""
    side = 2 * radius + 1

    def cupy(picture: Any) -> Any:
        from cupyx.scipy import ndimage

        return ndimage.median_filter(picture, size=(side, side, 1), mode="nearest")

    def opencv(picture: Picture) -> Any:
        return cv2.medianBlur(picture, side)

    def pillow(picture: Picture) -> Any:
        return Image.fromarray(picture).filter(ImageFilter.MedianFilter(side))

    return Task(
        "median",
        {"radius": radius, "border": "nearest"},
        exact=opencv,
        host={"OpenCV": opencv, **({"Pillow": pillow} if radius < PATIENCE else {})},
        device={"CuPy": cupy} if radius <= PATIENCE else {},
        tolerance=0,
        margin=radius,
    )


TASKS = [task(1), task(2), task(7), task(15), task(50)]
