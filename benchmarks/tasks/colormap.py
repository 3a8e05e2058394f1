"""The colormap of a picture's luminance, beside OpenCV and CuPy."""

from __future__ import annotations

from typing import Any

import cupy_filters
import cv2
import numpy as np
import numpy.typing as npt
from references import gray, opencv_grayscale
from task import Picture, Task

TABLE = cv2.applyColorMap(np.arange(256, dtype=np.uint8)[None], cv2.COLORMAP_VIRIDIS)[0, :, ::-1].copy()


def exact(picture: Picture) -> npt.NDArray[Any]:
    return np.asarray(TABLE[gray(picture)])


def opencv(picture: Picture) -> Any:
    """Return OpenCV's, whose luminance may be another where it is half-way, in three steps."""
    return cv2.cvtColor(cv2.applyColorMap(opencv_grayscale(picture), cv2.COLORMAP_VIRIDIS), cv2.COLOR_BGR2RGB)


def cupy(picture: Any) -> Any:
    import cupy

    return cupy.asarray(TABLE)[cupy_filters.grayscale(picture)]


TASKS = [Task("colormap", {"map": "viridis"}, exact, {"OpenCV": opencv}, {"CuPy": cupy}, tolerance=3)]
