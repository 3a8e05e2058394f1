"""The color matrix, beside OpenCV, Pillow and CuPy."""

from __future__ import annotations

import matrices
import numpy as np
from task import Task

MATRIX = np.array([[0.6, 0.3, 0.1], [-0.2, 1.1, 0.1], [0.1, -0.3, 1.2]])

TASKS = [
    Task("color-matrix", {"matrix": MATRIX}, matrices.exact(MATRIX), matrices.host(MATRIX), matrices.device(MATRIX))
]
