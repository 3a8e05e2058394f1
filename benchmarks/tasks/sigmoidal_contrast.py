"""Sigmoidal contrast, beside OpenCV, Pillow and CuPy, which look it up."""

from __future__ import annotations

from typing import Any

import lookups
import numpy as np
import numpy.typing as npt
from scipy.special import expit
from task import Task

CONTRAST = 5.0


def formula(colors: npt.NDArray[Any]) -> npt.NDArray[Any]:
    first, last = expit(CONTRAST * (np.array([0, 1]) - 0.5))
    return np.asarray((expit(CONTRAST * (colors - 0.5)) - first) / (last - first))


TASKS = [
    Task(
        "sigmoidal-contrast",
        {"contrast": CONTRAST},
        lookups.exact(formula),
        lookups.host(formula),
        lookups.device(formula),
    )
]
