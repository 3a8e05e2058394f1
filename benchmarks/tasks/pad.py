"""A margin around an image: of one color, and mirrored."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from task import Picture, Task

BORDERS: dict[str, tuple[str, int]] = {
    "constant": ("constant", cv2.BORDER_CONSTANT),
    "reflect": ("symmetric", cv2.BORDER_REFLECT),
}


def task(border: str, amount: int) -> Task:
    """Return the task for one border rule."""
    numpys, opencvs = BORDERS[border]
    mode: Any = numpys

    def exact(picture: Picture) -> Any:
        return np.pad(picture, ((amount, amount), (amount, amount), (0, 0)), mode)

    def opencv(picture: Picture) -> Any:
        return cv2.copyMakeBorder(picture, amount, amount, amount, amount, opencvs)

    return Task("pad", {"border": border, "amount": amount}, exact, {"OpenCV": opencv, "NumPy": exact}, tolerance=0)


TASKS = [task(border, 100) for border in BORDERS]
