"""The ripple, beside a remap of OpenCV whose maps are there already."""

from __future__ import annotations

from functools import cache
from typing import Any

import cv2
import numpy as np
from sampled import Places, sampled
from task import Picture, Task


def places(height: int, width: int) -> tuple[Places, Places]:
    """Return the row and the column that each pixel comes from."""
    rows, columns = np.mgrid[:height, :width].astype(np.float64)
    return rows + 8 * np.sin(2 * np.pi * columns / 64), columns


@cache
def maps(height: int, width: int) -> tuple[Any, Any]:
    """Return the places as OpenCV takes them: columns and rows in float32."""
    rows, columns = places(height, width)
    return columns.astype(np.float32), rows.astype(np.float32)


def exact(picture: Picture) -> Any:
    """Return SciPy's samples."""
    return sampled(picture, *places(*picture.shape[:2]))


def opencv(picture: Picture) -> Any:
    """Return OpenCV's."""
    return cv2.remap(picture, *maps(*picture.shape[:2]), cv2.INTER_LINEAR)


TASKS = [Task("ripple", {"border": "constant"}, exact, {"OpenCV": opencv}, loose={"OpenCV": 16})]
