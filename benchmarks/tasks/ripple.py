"""The ripple, beside a remap of OpenCV whose maps are there already."""

from __future__ import annotations

from functools import cache
from typing import Any

import cv2
import numpy as np
from sampled import grid, sampled
from task import Picture, Task


@cache
def maps(height: int, width: int) -> tuple[Any, Any]:
    """Return the column and the row that each pixel comes from, in float32."""
    rows, columns = np.mgrid[:height, :width].astype(np.float64)
    moved = rows + 8 * np.sin(2 * np.pi * columns / 64)
    return columns.astype(np.float32), moved.astype(np.float32)


def exact(picture: Picture) -> Any:
    """Return SciPy's samples."""
    rows, columns = grid(picture)
    return sampled(picture, rows + 8 * np.sin(2 * np.pi * columns / 64), columns)


def opencv(picture: Picture) -> Any:
    """Return OpenCV's."""
    return cv2.remap(picture, *maps(*picture.shape[:2]), cv2.INTER_LINEAR)


TASKS = [Task("ripple", {"border": "constant"}, exact, {"OpenCV": opencv}, loose={"OpenCV": 16})]
