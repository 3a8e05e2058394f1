"""The guided filter, beside the same means by OpenCV's box filter, as its own of opencv-contrib computes it."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from task import Picture, Task


def by_boxes(picture: npt.NDArray[Any], radius: int, eps: float) -> Any:
    """Return the filter by four box filters, in the picture's own precision."""

    def mean(plane: Any) -> Any:
        return cv2.blur(plane, (2 * radius + 1,) * 2, borderType=cv2.BORDER_REFLECT)

    values = picture / picture.dtype.type(255)
    middle = mean(values)
    variance = mean(values * values) - middle * middle
    slope = variance / (variance + picture.dtype.type(eps))
    return (mean(slope) * values + mean(middle - slope * middle)) * picture.dtype.type(255)


def opencv(picture: Picture, radius: int, eps: float) -> Any:
    """Return it in single precision, rounded."""
    return np.rint(by_boxes(picture.astype(np.float32), radius, eps)).astype(np.uint8)


def task(radius: int) -> Task:
    """Return the task for one radius."""
    return Task(
        "guided",
        {"radius": radius, "eps": 0.01},
        lambda picture: by_boxes(picture.astype(np.float64), radius, 0.01),
        {"OpenCV": lambda picture: opencv(picture, radius, 0.01)},
    )


TASKS = [task(4), task(40)]
