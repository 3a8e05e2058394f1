"""The lens blur, beside OpenCV with the same kernel: disks of 5 pixels to either side, and of 15."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from task import Task

from imgcuda_plugins.blur.lens_blur import LensBlur


def correlated(picture: npt.NDArray[Any], radius: float) -> Any:
    """Return OpenCV's correlation with the kernel of a disk."""
    return cv2.filter2D(picture, -1, LensBlur(radius=radius).kernel, borderType=cv2.BORDER_REFLECT)


def task(radius: float) -> Task:
    """Return the task for one radius."""
    return Task(
        "lens-blur",
        {"radius": radius},
        lambda picture: correlated(picture.astype(np.float64), radius),
        {"OpenCV": lambda picture: correlated(picture, radius)},
    )


TASKS = [task(5.0), task(15.0)]
