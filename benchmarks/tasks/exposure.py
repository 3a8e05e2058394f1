"""Exposure in linear light, beside OpenCV, Pillow and CuPy, which look it up."""

from __future__ import annotations

from typing import Any

import lookups
import numpy as np
import numpy.typing as npt
from task import Task


def formula(colors: npt.NDArray[Any]) -> npt.NDArray[Any]:
    light = 2 * np.where(colors > 0.04045, ((colors + 0.055) / 1.055) ** 2.4, colors / 12.92)
    return np.where(light > 0.0031308, 1.055 * light ** (1 / 2.4) - 0.055, 12.92 * light)


TASKS = [Task("exposure", {"ev": 1.0}, lookups.exact(formula), lookups.host(formula), lookups.device(formula))]
