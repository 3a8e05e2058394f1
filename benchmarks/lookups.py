"""Peers for filters that make a sample from that sample alone: its 256 results are put into a table and looked up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image
from task import Picture

Formula = Callable[[npt.NDArray[np.float64]], npt.NDArray[Any]]
"""From colors between 0 and 1 to the results."""


def exact(formula: Formula) -> Callable[[Picture], npt.NDArray[Any]]:
    """Return a function that gives a picture's results, clipped and not rounded."""
    results = np.clip(255 * formula(np.arange(256) / 255), 0, 255)
    return lambda picture: results[picture]


def host(formula: Formula) -> dict[str, Callable[[Picture], Any]]:
    """Return the peers that look up on the CPU."""
    table = _table(formula)
    return {
        "OpenCV": lambda picture: cv2.LUT(picture, table),
        "Pillow": lambda picture: Image.fromarray(picture).point(3 * table.tolist()),
    }


def device(formula: Formula) -> dict[str, Callable[[Any], Any]]:
    """Return the peers that look up on a GPU."""
    table = _table(formula)

    def cupy(picture: Any) -> Any:
        import cupy

        return cupy.asarray(table)[picture]

    return {"CuPy": cupy}


def _table(formula: Formula) -> Picture:
    table: Picture = np.rint(exact(formula)(np.arange(256, dtype=np.uint8))).astype(np.uint8)
    return table
