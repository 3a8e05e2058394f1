"""Contrast, beside OpenCV, Pillow and CuPy, which look it up: what they call contrast is about the picture's mean."""

from __future__ import annotations

from typing import Any

import lookups
import numpy.typing as npt
from task import Task

FACTOR = 1.5


def formula(colors: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return 0.5 + FACTOR * (colors - 0.5)


TASKS = [
    Task(
        "contrast",
        {"factor": FACTOR},
        exact=lookups.exact(formula),
        host=lookups.host(formula),
        device=lookups.device(formula),
    )
]
