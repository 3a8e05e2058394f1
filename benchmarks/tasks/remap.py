"""The remap, by a table that is there already."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from sampled import sampled
from task import Picture, Task

ROWS, COLUMNS = np.mgrid[:2160, :3840].astype(np.float32)
X, Y = COLUMNS + 3 * np.sin(ROWS / 30), ROWS + 3 * np.sin(COLUMNS / 30)
TABLE = np.stack([X, Y], axis=-1)


def exact(picture: Picture) -> Any:
    """Return SciPy's samples."""
    return sampled(picture, Y.astype(np.float64), X.astype(np.float64))


def opencv(picture: Picture) -> Any:
    """Return OpenCV's."""
    return cv2.remap(picture, X, Y, cv2.INTER_LINEAR)


TASKS = [Task("remap", {"map": TABLE}, exact, {"OpenCV": opencv}, loose={"OpenCV": 16})]
