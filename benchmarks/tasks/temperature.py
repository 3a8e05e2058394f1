"""Temperature, beside NumPy, in linear light; other libraries have a matrix, but not the curve of sRGB."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from references import rounded
from task import Picture, Task

from imgcuda_plugins.color.temperature import adaptation

LINEAR = np.where(np.arange(256) > 10, ((np.arange(256) / 255 + 0.055) / 1.055) ** 2.4, np.arange(256) / (255 * 12.92))


def exact(picture: Picture) -> npt.NDArray[Any]:
    light = np.clip(LINEAR[picture] @ adaptation(8000.0, 0.0).T, 0, 1)
    return np.asarray(255 * np.where(light > 0.0031308, 1.055 * light ** (1 / 2.4) - 0.055, 12.92 * light))


TASKS = [
    Task(
        "temperature",
        {"temperature": 8000.0},
        exact,
        {"NumPy": rounded(exact)},
    )
]
