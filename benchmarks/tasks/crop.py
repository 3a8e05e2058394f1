"""The largest square in the middle, beside a copy of a slice: OpenCV and NumPy have no crop of their own."""

from __future__ import annotations

from typing import Any

import numpy as np
from PIL import Image
from task import Picture, Task


def square(picture: Picture) -> tuple[int, int, int]:
    """Return the left and the upper edge of the square, and its side."""
    height, width = picture.shape[:2]
    side = min(height, width)
    return (width - side) // 2, (height - side) // 2, side


def numpys(picture: Picture) -> Any:
    """Return the square as an array of its own."""
    left, top, side = square(picture)
    return np.ascontiguousarray(picture[top : top + side, left : left + side])


def pillow(picture: Picture) -> Any:
    """Return Pillow's."""
    left, top, side = square(picture)
    return Image.fromarray(picture).crop((left, top, left + side, top + side))


TASKS = [Task("crop", {"aspect": "1:1"}, numpys, {"NumPy": numpys, "Pillow": pillow}, tolerance=0)]
