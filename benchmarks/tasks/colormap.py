"""The colormap of a picture's luminance, beside OpenCV and CuPy."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from task import Picture, Task

TABLE = cv2.applyColorMap(np.arange(256, dtype=np.uint8)[None], cv2.COLORMAP_VIRIDIS)[0, :, ::-1].copy()


def exact(picture: Picture) -> npt.NDArray[Any]:
    return np.asarray(TABLE[np.rint(picture @ np.array([19595, 38470, 7471]) / 65536).astype(int)])


def opencv(picture: Picture) -> Any:
    """Return OpenCV's, whose luminance may be another where it is half-way, in three steps."""
    gray = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    return cv2.cvtColor(cv2.applyColorMap(gray, cv2.COLORMAP_VIRIDIS), cv2.COLOR_BGR2RGB)


def cupy(picture: Any) -> Any:
    import cupy

    gray = cupy.rint(picture @ cupy.asarray([0.299, 0.587, 0.114], cupy.float32)).astype(cupy.uint8)
    return cupy.asarray(TABLE)[gray]


TASKS = [Task("colormap", {"map": "viridis"}, exact, {"OpenCV": opencv}, {"CuPy": cupy}, tolerance=3)]
