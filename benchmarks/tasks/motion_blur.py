"""The motion blur, along a row and along a diagonal, beside OpenCV with the same kernel."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from task import Task

from imgcuda_plugins.blur.motion_blur import MotionBlur


def correlated(picture: npt.NDArray[Any], angle: float) -> Any:
    """Return OpenCV's correlation with the kernel of a line of 20 pixels."""
    kernel = MotionBlur(length=20, angle=angle).kernel
    return cv2.filter2D(picture, -1, kernel, borderType=cv2.BORDER_REFLECT)


def task(angle: float) -> Task:
    """Return the task for one angle."""
    return Task(
        "motion-blur",
        {"length": 20.0, "angle": angle},
        lambda picture: correlated(picture.astype(np.float64), angle),
        {"OpenCV": lambda picture: correlated(picture, angle)},
    )


TASKS = [task(0.0), task(30.0)]
