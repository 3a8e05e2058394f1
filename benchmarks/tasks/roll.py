"""The roll, to the right and down."""

from __future__ import annotations

from typing import Any

import numpy as np
from PIL import Image, ImageChops
from task import Task


def cupy(image: Any) -> Any:
    """Return CuPy's."""
    import cupy

    return cupy.roll(image, (200, 300), (0, 1))


def torch(image: Any) -> Any:
    """Return PyTorch's."""
    return image.roll((200, 300), (1, 2))


TASKS = [
    Task(
        "roll",
        {"x": 300, "y": 200},
        lambda picture: np.roll(picture, (200, 300), (0, 1)),
        {
            "NumPy": lambda picture: np.roll(picture, (200, 300), (0, 1)),
            "Pillow": lambda picture: ImageChops.offset(Image.fromarray(picture), 300, 200),
        },
        {"CuPy": cupy, "torchvision": torch},
        tolerance=0,
    )
]
