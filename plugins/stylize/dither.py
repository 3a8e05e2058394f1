"""Dither: few levels that look like many."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from imgcuda import Argument, PointFilter, param
from imgcuda_plugins.stylize.blue_noise import blue_noise

Ranks = npt.NDArray[np.int64]


class Dither(PointFilter):
    """Reduce each color to a few levels, mixed in a pattern that looks like the levels between.

    A color goes to the level below or above it, whichever a threshold says that depends on the pixel's place. bayer2,
    bayer4 and bayer8 are Bayer's ordered patterns (1973), as ImageMagick's `-ordered-dither o2x2` to `o8x8`; blue-noise
    is a pattern of 64 x 64 pixels without order or clumps, by Ulichney's void and cluster method (1993). The levels are
    evenly apart from black to white. On average over a pattern, a color stays as it is.
    """

    channelwise = True
    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {"ordered-dither": {}}

    levels: int = param(default=2, ge=2, le=256, help="how many levels are left of each color, with black and white")
    method: Literal["bayer2", "bayer4", "bayer8", "blue-noise"] = param(default="bayer8", help="the pattern")

    def arguments(self) -> Mapping[str, Argument]:
        table = thresholds(self.method)
        return {"thresholds": table, "side": len(table), "steps": float(self.levels - 1)}


@cache
def thresholds(method: str) -> npt.NDArray[np.float32]:
    """Return a pattern's thresholds, all different, in the middles of as many equal parts of 0 to 1."""
    ranks = blue_noise() if method == "blue-noise" else bayer(int(method[-1]))
    return ((ranks + 0.5) / ranks.size).astype(np.float32)


def bayer(side: int) -> Ranks:
    """Return Bayer's matrix of a side that is a power of 2: four of half the side, times 4, plus 0 2; 3 1."""
    if side == 1:
        return np.zeros((1, 1), np.int64)
    half = 4 * bayer(side // 2)
    made: Ranks = np.block([[half, half + 2], [half + 3, half + 1]])
    return made
