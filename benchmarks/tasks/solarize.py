"""Solarize, beside OpenCV and CuPy, which look it up, and Pillow and torchvision, which have it."""

from __future__ import annotations

from typing import Any

import lookups
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps
from task import Task


def formula(colors: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return np.where(colors >= 128 / 255, 1 - colors, colors)


def torchvision(picture: Any) -> Any:
    from torchvision.transforms.v2 import functional

    return functional.solarize(picture, 128)


TASKS = [
    Task(
        "solarize",
        {"threshold": 128 / 255},
        lookups.exact(formula),
        {**lookups.host(formula), "Pillow": lambda picture: ImageOps.solarize(Image.fromarray(picture), 128)},
        {**lookups.device(formula), "torchvision": torchvision},
    )
]
