"""The Kuwahara filter, alone, with its definition in NumPy as the reference."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from task import Picture, Task

RADIUS = 3


def exact(picture: Picture) -> npt.NDArray[Any]:
    """Return the mean of the square with the least variance, of the four with the pixel in a corner."""
    height, width = picture.shape[:2]
    around = np.pad(picture, [(RADIUS, RADIUS), (RADIUS, RADIUS), (0, 0)], "symmetric").astype(np.int64)
    count, rows, columns = (RADIUS + 1) ** 2, height + RADIUS, width + RADIUS
    first, second = np.zeros((2, rows, columns, 3), np.int64)
    for j in range(RADIUS + 1):
        for i in range(RADIUS + 1):
            there = around[j : j + rows, i : i + columns]
            first += there
            second += there**2
    spread = (count * second - first**2).sum(axis=2)
    corners = [(j, i) for j in (0, RADIUS) for i in (0, RADIUS)]
    least = np.stack([spread[j : j + height, i : i + width] for j, i in corners]).argmin(axis=0)
    means = np.stack([first[j : j + height, i : i + width] for j, i in corners]) / count
    return np.asarray(np.take_along_axis(means, least[None, ..., None], axis=0)[0])


TASKS = [Task("kuwahara", {"radius": RADIUS}, exact)]
