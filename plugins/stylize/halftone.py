"""Halftone: dots of ink, as a newspaper has them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from imgcuda import Argument, PointFilter, param

STEPS = 256
"""The steps of ink for which radii are known; those between are on a straight line."""

OFFSETS = (0, -30, 30, -45)
"""The angles of the grids for gray, cyan, magenta and yellow ink, beside black's: the 45, 15, 75 and 0 of printers."""


class Halftone(PointFilter):
    """Show an image in dots of ink whose size tells how dark it is, as a newspaper does.

    The dots are round and lie on a grid; where they touch, white remains between them. The part of a square that ink
    covers is how dark the image is there, so that it looks as bright as before. A color image gets a grid for each of
    cyan, magenta and yellow, 30 degrees less and more than `angle` and 45 less. A pixel has the dot of its own color: a
    picture with detail that is smaller than the dots has them, too.
    """

    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {"newsprint": {}}

    size: float = param(default=8.0, ge=2, le=200, help="how far apart the dots are, in pixels")
    angle: float = param(default=45.0, ge=-360, le=360, help="how far the grid is turned, in degrees")

    def arguments(self) -> Mapping[str, Argument]:
        angles = np.radians(np.add(OFFSETS, self.angle))
        turns = np.stack([np.cos(angles), np.sin(angles)], axis=-1) / self.size
        return {"radii": radii(self.size), "turns": turns.astype(np.float32), "size": self.size}


@lru_cache(maxsize=64)
def radii(size: float) -> npt.NDArray[np.float32]:
    """Return the radii of dots, in pixels, that cover 0 to STEPS parts of a square of this side.

    The ink within a distance of r, whose edge is a pixel wide, is the mean of clip(0.5 + r - d, 0, 1) over the square,
    which is the mean of max(r + 0.5 - d, 0) less that of max(r - 0.5 - d, 0).
    """
    middle = (np.arange(128) + 0.5) / 256  # of a quarter of the square
    distances = np.sort(size * np.hypot(middle[:, None], middle), axis=None)
    sums = np.concatenate([[0.0], np.cumsum(distances)])

    def above(bounds: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        counts = np.searchsorted(distances, bounds)
        made: npt.NDArray[np.float64] = (counts * bounds - sums[counts]) / distances.size
        return made

    tried = np.linspace(-0.5, distances[-1] + 0.5, 4096)
    made = np.interp(np.linspace(0, 1, STEPS + 1), above(tried + 0.5) - above(tried - 0.5), tried)
    made[0], made[-1] = -1, distances[-1] + 1  # nothing at all, and all of it
    return made.astype(np.float32)
