"""Sepia, beside OpenCV, Pillow and CuPy, which take a matrix, and kornia."""

from __future__ import annotations

from typing import Any

import matrices
import numpy as np
from task import Task

MATRIX = np.array([[0.393, 0.769, 0.189], [0.349, 0.686, 0.168], [0.272, 0.534, 0.131]])


def kornia(picture: Any) -> Any:
    """Return what it makes of floats, which it takes only."""
    import kornia
    import torch

    toned = kornia.color.sepia_from_rgb(picture / 255, rescale=False)
    return (255 * toned.clamp(0, 1)).round().to(torch.uint8)


TASKS = [
    Task(
        "sepia",
        {},
        exact=matrices.exact(MATRIX),
        host=matrices.host(MATRIX),
        device={**matrices.device(MATRIX), "kornia": kornia},
    )
]
