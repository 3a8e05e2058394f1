"""The threshold in the middle, beside OpenCV, Pillow, CuPy and torchvision.

Where the luminance is about half-way between two levels, who has other digits of its weights has white for black.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image
from references import gray
from task import Picture, Task

LEVEL = 127
WHITE = 255
"""Levels between white and black."""


def exact(picture: Picture) -> npt.NDArray[Any]:
    """Return what is above the level, by weights of 16 bits, as Pillow has them, too."""
    return np.where(gray(picture) > LEVEL, WHITE, 0)


def opencv(picture: Picture) -> Any:
    """Return OpenCV's, of its own luminance."""
    return cv2.threshold(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), LEVEL, WHITE, cv2.THRESH_BINARY)[1]


def pillow(picture: Picture) -> Any:
    """Return Pillow's: a table of 256 levels."""
    return Image.fromarray(picture).convert("L").point([0] * (LEVEL + 1) + [WHITE] * (255 - LEVEL))


def cupy(picture: Any) -> Any:
    """Return CuPy's, of the luminance that it is measured with elsewhere."""
    import cupy as cp
    import cupy_filters

    return cp.where(cupy_filters.grayscale(picture) > LEVEL, cp.uint8(WHITE), cp.uint8(0))


def torchvision(picture: Any) -> Any:
    """Return torchvision's luminance, compared."""
    from torchvision.transforms.v2 import functional

    return (functional.rgb_to_grayscale(picture) > LEVEL).byte() * WHITE


TASKS = [
    Task(
        "threshold",
        {"level": LEVEL / 255},
        exact,
        {"OpenCV": opencv, "Pillow": pillow},
        {"CuPy": cupy, "torchvision": torchvision},
        loose=dict.fromkeys(("OpenCV", "CuPy", "torchvision"), WHITE),
    )
]
