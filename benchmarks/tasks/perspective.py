"""The perspective warp, by a matrix."""

from __future__ import annotations

import cv2
import numpy as np
from sampled import projected
from task import Task

MATRIX = np.array([[1.1, 0.1, -3], [0.05, 0.9, 2], [2e-5, -1e-5, 1]])

TASKS = [
    Task(
        "perspective",
        {"matrix": MATRIX.tolist()},
        lambda picture: projected(picture, np.linalg.inv(MATRIX)),
        {"OpenCV": lambda picture: cv2.warpPerspective(picture, MATRIX, picture.shape[1::-1])},
        loose={"OpenCV": 16},
    )
]
