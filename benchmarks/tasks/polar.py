"""An image unrolled around its middle."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from sampled import sampled
from task import Picture, Task

SIZE = 1000, 3000
RADIUS = 1000.0


def exact(picture: Picture) -> Any:
    """Return SciPy's samples at the places of the rows and columns."""
    angle, distance = np.mgrid[: SIZE[1], : SIZE[0]] * np.array([2 * np.pi / SIZE[1], RADIUS / SIZE[0]])[:, None, None]
    y, x = ((side - 1) / 2 for side in picture.shape[:2])
    return sampled(picture, y + distance * np.sin(angle), x + distance * np.cos(angle))


def opencv(picture: Picture) -> Any:
    """Return OpenCV's."""
    y, x = ((side - 1) / 2 for side in picture.shape[:2])
    return cv2.warpPolar(picture, SIZE, (x, y), RADIUS, cv2.INTER_LINEAR | cv2.WARP_FILL_OUTLIERS)


TASKS = [
    Task("polar", {"size": f"{SIZE[0]}x{SIZE[1]}", "radius": RADIUS}, exact, {"OpenCV": opencv}, loose={"OpenCV": 16})
]
