"""Vibrance, beside NumPy: no other library has it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from references import LUMA, rounded
from task import Picture, Task

INTENSITY = 0.8


def exact(picture: Picture) -> npt.NDArray[Any]:
    luma = (picture @ LUMA)[..., None]
    chroma = np.ptp(picture, axis=2, keepdims=True) / 255
    return np.asarray(np.clip(luma + (1 + INTENSITY * (1 - chroma)) * (picture - luma), 0, 255))


TASKS = [Task("vibrance", {"intensity": INTENSITY}, exact, {"NumPy": rounded(exact)})]
