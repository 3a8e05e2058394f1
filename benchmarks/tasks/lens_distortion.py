"""A picture bent as by a lens, beside a remap of OpenCV whose maps are there already."""

from __future__ import annotations

from functools import cache
from typing import Any

import cv2
import numpy as np
from sampled import sampled
from task import Picture, Task
from tasks.undistort import camera

BEND = {"k1": 0.05, "p1": 0.001}
COEFFICIENTS = np.array([0.05, 0.0, 0.001, 0.0, 0.0])
STEPS = (cv2.TERM_CRITERIA_COUNT + cv2.TERM_CRITERIA_EPS, 100, 1e-12)


@cache
def maps(height: int, width: int) -> tuple[Any, Any]:
    """Return the column and the row that each pixel comes from, by OpenCV's undistortPoints."""
    rows, columns = np.mgrid[:height, :width].astype(np.float64)
    matrix = camera(np.empty((height, width, 3), np.uint8))
    points = np.stack([columns, rows], axis=-1).reshape(-1, 1, 2)
    found = cv2.undistortPoints(points, matrix, COEFFICIENTS, None, np.eye(3), matrix, STEPS).reshape(height, width, 2)
    return found[..., 0].astype(np.float32), found[..., 1].astype(np.float32)


def exact(picture: Picture) -> Any:
    """Return SciPy's samples."""
    x, y = maps(*picture.shape[:2])
    return sampled(picture, y, x)


def opencv(picture: Picture) -> Any:
    """Return OpenCV's."""
    return cv2.remap(picture, *maps(*picture.shape[:2]), cv2.INTER_LINEAR)


TASKS = [Task("lens-distortion", BEND, exact, {"OpenCV": opencv}, loose={"OpenCV": 16})]
