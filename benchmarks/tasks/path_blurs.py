"""The zoom blur and the radial blur. Their reference adds up in NumPy what OpenCV reads in each step: it is no peer."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from task import Picture, Task

Numbers = npt.NDArray[np.float64]
Path = Callable[[Numbers, Numbers, Numbers], tuple[Numbers, Numbers]]
"""From a pixel (x, y) and a part of its path, from 0 to 1, to the place on the path there, all from the center."""


def exact(picture: Picture, extent: float, path: Path) -> Any:
    """Return the mean of what OpenCV reads along each pixel's path; it interpolates between 32 places in a pixel."""
    height, width = picture.shape[:2]
    rows, columns = np.indices((height, width))
    dx, dy = columns + 0.5 - width / 2, rows + 0.5 - height / 2
    steps = np.maximum(np.ceil(np.hypot(dx, dy) * extent - 1e-3), 0)
    total = np.zeros(picture.shape, np.float32)
    for k in range(int(steps.max()) + 1):
        across, down = path(dx, dy, np.where(k <= steps, k / np.maximum(steps, 1), 0))
        places = (columns + (across - dx)).astype(np.float32), (rows + (down - dy)).astype(np.float32)
        read: Any = cv2.remap(picture, *places, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
        total += np.where((k <= steps)[..., None], read, 0)
    return np.rint(total / (steps + 1)[..., None]).astype(np.uint8)


def toward(factor: float, dx: Numbers, dy: Numbers, part: Numbers) -> tuple[Numbers, Numbers]:
    """Return a place on the line from the pixel toward the center; its length is `factor` of the distance."""
    return dx * (1 - part * factor), dy * (1 - part * factor)


def around(angle: float, dx: Numbers, dy: Numbers, part: Numbers) -> tuple[Numbers, Numbers]:
    """Return a place on an arc of `angle` radians around the center; the pixel is in the middle of the arc."""
    turn = (part - 0.5) * angle
    return dx * np.cos(turn) - dy * np.sin(turn), dx * np.sin(turn) + dy * np.cos(turn)


FACTOR, DEGREES = 0.1, 5.0
ANGLE = np.radians(DEGREES)

TASKS = [
    Task("radial-blur", {"angle": DEGREES}, partial(exact, extent=ANGLE, path=partial(around, ANGLE)), tolerance=3),
    Task("zoom-blur", {"factor": FACTOR}, partial(exact, extent=FACTOR, path=partial(toward, FACTOR)), tolerance=3),
]
