"""Non-local means of gray noise in color, beside scikit-image; OpenCV's for colors works in Lab."""

from __future__ import annotations

from itertools import product
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from scipy import ndimage
from task import Picture, Task

H, TEMPLATE, SEARCH = 20 / 255, 3, 10
HALO = TEMPLATE + SEARCH


def exact(picture: Picture) -> npt.NDArray[Any]:
    """Return the filter by its definition, in float32: shifted copies of the picture, each with its weights."""
    around = np.pad(picture, [(HALO, HALO), (HALO, HALO), (0, 0)], "symmetric").astype(np.float32) / 255
    total, made = np.zeros((*picture.shape[:2], 1), np.float32), np.zeros(picture.shape, np.float32)
    inner = slice(HALO, -HALO)
    for y, x in product(range(-SEARCH, SEARCH + 1), repeat=2):
        there = np.roll(around, (-y, -x), (0, 1))
        apart = ndimage.uniform_filter(((there - around) ** 2).mean(axis=2), 2 * TEMPLATE + 1)
        weight = np.exp(-apart[inner, inner, None] / H**2)
        total += weight
        made += weight * there[inner, inner]
    return np.asarray(255 * made / total)


def opencv(picture: Picture) -> Any:
    """Return OpenCV's, of the three channels together."""
    return cv2.fastNlMeansDenoising(picture, None, 255 * H, 2 * TEMPLATE + 1, 2 * SEARCH + 1)


TASKS = [
    Task("nl-means", {"h": H}, exact, {"OpenCV": opencv}, loose={"OpenCV": 255}, margin=HALO),
]
