"""Morphology, beside OpenCV, CuPy, and Pillow, which has squares alone; all choose a value and round nothing."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from PIL import Image, ImageFilter
from task import Picture, Task

KINDS = {"rectangle": cv2.MORPH_RECT, "ellipse": cv2.MORPH_ELLIPSE, "cross": cv2.MORPH_CROSS}
OPERATIONS = {
    "erode": cv2.MORPH_ERODE,
    "dilate": cv2.MORPH_DILATE,
    "open": cv2.MORPH_OPEN,
    "close": cv2.MORPH_CLOSE,
    "morphological-gradient": cv2.MORPH_GRADIENT,
    "top-hat": cv2.MORPH_TOPHAT,
    "black-hat": cv2.MORPH_BLACKHAT,
}
CUPYS = {
    "erode": "grey_erosion",
    "dilate": "grey_dilation",
    "open": "grey_opening",
    "close": "grey_closing",
    "morphological-gradient": "morphological_gradient",
    "top-hat": "white_tophat",
    "black-hat": "black_tophat",
}
PATIENCE = 7
"""The largest radius of Pillow's squares, whose time grows with their area."""


def task(name: str, radius: int, shape: str = "rectangle") -> Task:
    """Return the task of a filter with one shape."""
    footprint = cv2.getStructuringElement(KINDS[shape], (2 * radius + 1,) * 2)

    def opencv(picture: Picture) -> Any:
        return cv2.morphologyEx(picture, OPERATIONS[name], footprint)

    def pillow(picture: Picture) -> Any:
        kind = ImageFilter.MinFilter if name == "erode" else ImageFilter.MaxFilter
        return Image.fromarray(picture).filter(kind(2 * radius + 1))

    def cupy(picture: Any) -> Any:
        import cupy
        from cupyx.scipy import ndimage

        operation = getattr(ndimage, CUPYS[name])
        if shape == "rectangle":
            return operation(picture, size=(2 * radius + 1, 2 * radius + 1, 1))
        return operation(picture, footprint=cupy.asarray(footprint[:, :, np.newaxis]))

    pillows = name in ("erode", "dilate") and shape == "rectangle" and radius <= PATIENCE
    return Task(
        name,
        {"radius": radius, "shape": shape},
        exact=opencv,
        host={"OpenCV": opencv, **({"Pillow": pillow} if pillows else {})},
        device={"CuPy": cupy},
        tolerance=0,
        margin=radius,
    )


TASKS = [
    *(task("erode", radius) for radius in (1, 5, 10, 50)),
    *(task("erode", radius, "ellipse") for radius in (2, 5, 10)),
    task("erode", 5, "cross"),
    *(task(name, 1) for name in OPERATIONS if name != "erode"),
]
