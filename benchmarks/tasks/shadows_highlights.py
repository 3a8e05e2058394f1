"""Shadows and highlights, beside NumPy with OpenCV's blur, since no other library has it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from references import gaussian, rounded
from task import Picture, Task

SHADOWS, HIGHLIGHTS, RADIUS = 0.8, 0.3, 20.0


def exact(picture: Picture) -> npt.NDArray[Any]:
    luminance = picture.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)
    way = 2 * gaussian(luminance, RADIUS) / 255 - 1
    return np.asarray(255 * (picture / 255) ** (2 ** (way * np.where(way < 0, SHADOWS, HIGHLIGHTS)))[..., None])


TASKS = [
    Task(
        "shadows-highlights",
        {"shadows": SHADOWS, "highlights": HIGHLIGHTS, "radius": RADIUS},
        exact,
        {"NumPy": rounded(exact)},
    )
]
