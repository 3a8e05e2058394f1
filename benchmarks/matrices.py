"""Peers for filters that make each color of a weighted sum of red, green and blue, by a matrix of the weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image
from task import Picture

Matrix = npt.NDArray[np.float64]


def exact(matrix: Matrix) -> Callable[[Picture], npt.NDArray[Any]]:
    """Return a function that gives a picture's results, clipped and not rounded."""
    return lambda picture: np.clip(picture @ matrix.T, 0, 255)


def host(matrix: Matrix) -> dict[str, Callable[[Picture], Any]]:
    """Return the peers that take a matrix on the CPU."""
    flat = tuple(np.column_stack([matrix, np.zeros(3)]).ravel().tolist())
    return {
        "OpenCV": lambda picture: cv2.transform(picture, matrix),
        "Pillow": lambda picture: Image.fromarray(picture).convert("RGB", flat),
    }


def device(matrix: Matrix) -> dict[str, Callable[[Any], Any]]:
    """Return the peers that take a matrix on a GPU."""

    def cupy(picture: Any) -> Any:
        import cupy

        sums = picture @ cupy.asarray(matrix.T, cupy.float32)
        return cupy.clip(cupy.rint(sums), 0, 255).astype(cupy.uint8)

    return {"CuPy": cupy}
