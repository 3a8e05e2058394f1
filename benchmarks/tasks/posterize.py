"""Posterize, beside OpenCV, Pillow and CuPy, which look it up: what Pillow and torchvision call so has no white."""

from __future__ import annotations

from typing import Any

import lookups
import numpy as np
import numpy.typing as npt
from task import Task

LEVELS = 4


def formula(colors: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return np.asarray(np.rint(colors * (LEVELS - 1)) / (LEVELS - 1))


TASKS = [
    Task(
        "posterize",
        {"levels": LEVELS},
        exact=lookups.exact(formula),
        host=lookups.host(formula),
        device=lookups.device(formula),
        tolerance=0,
    )
]
