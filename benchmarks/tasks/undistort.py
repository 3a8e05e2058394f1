"""A picture straightened, by coefficients of a lens."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from sampled import grid, sampled
from task import Picture, Task

BEND = {"k1": -0.1, "k2": 0.02, "p1": 0.001, "p2": -0.002, "k3": 0.01}
COEFFICIENTS = np.array(list(BEND.values()))


def camera(picture: Picture) -> Any:
    """Return the matrix of the camera that is the filter's default."""
    height, width = picture.shape[:2]
    focal = np.hypot(width, height) / 2
    return np.array([[focal, 0, (width - 1) / 2], [0, focal, (height - 1) / 2], [0, 0, 1]])


def exact(picture: Picture) -> Any:
    """Return SciPy's samples at the places of OpenCV's projectPoints in float64."""
    (rows, columns), matrix = grid(picture), camera(picture)
    points = np.stack([columns, rows, np.ones(rows.shape)], axis=-1).reshape(-1, 3) @ np.linalg.inv(matrix).T
    found: Any = cv2.projectPoints(points, np.zeros(3), np.zeros(3), matrix, COEFFICIENTS)[0]
    return sampled(picture, found[:, 0, 1].reshape(rows.shape), found[:, 0, 0].reshape(rows.shape))


TASKS = [
    Task(
        "undistort",
        BEND,
        exact,
        {"OpenCV": lambda picture: cv2.undistort(picture, camera(picture), COEFFICIENTS)},
        loose={"OpenCV": 16},
    )
]
