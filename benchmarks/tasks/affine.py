"""The affine warp: one that turns a little, and one that turns by 45 degrees."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from sampled import projected
from task import Task

MATRICES = ([[0.9, -0.1, 40.0], [0.12, 1.1, -30.0]], [[0.7, 0.7, -60.0], [-0.7, 0.7, 200.0]])


def task(rows: Sequence[Sequence[float]]) -> Task:
    """Return the task for one matrix."""
    matrix = np.array(rows)
    back = np.linalg.inv(np.vstack([matrix, [0, 0, 1]]))
    return Task(
        "affine",
        {"matrix": rows},
        lambda picture: projected(picture, back),
        {"OpenCV": lambda picture: cv2.warpAffine(picture, matrix, picture.shape[1::-1])},
        loose={"OpenCV": 16},
    )


TASKS = [task(matrix) for matrix in MATRICES]
