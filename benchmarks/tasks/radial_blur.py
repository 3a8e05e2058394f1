"""The radial blur. Its reference adds up in NumPy what OpenCV reads in each step, so it is no peer."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from task import Picture, Task

EXTENT = np.radians(5.0)


def exact(picture: Picture) -> Any:
    """Return the mean of what OpenCV reads in each step; it interpolates between 32 places in a pixel."""
    height, width = picture.shape[:2]
    rows, columns = np.indices((height, width))
    dx, dy = columns + 0.5 - width / 2, rows + 0.5 - height / 2
    steps = np.maximum(np.ceil(np.hypot(dx, dy) * EXTENT - 1e-3), 0)
    total = np.zeros(picture.shape, np.float32)
    for k in range(int(steps.max()) + 1):
        angle = np.where(k <= steps, k / np.maximum(steps, 1) - 0.5, 0) * EXTENT
        across, down = dx * np.cos(angle) - dy * np.sin(angle), dx * np.sin(angle) + dy * np.cos(angle)
        places = (columns + across - dx).astype(np.float32), (rows + down - dy).astype(np.float32)
        read: Any = cv2.remap(picture, *places, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
        total += np.where((k <= steps)[..., None], read, 0)
    return np.rint(total / (steps + 1)[..., None]).astype(np.uint8)


TASKS = [Task("radial-blur", {"angle": 5.0}, exact, tolerance=3)]
