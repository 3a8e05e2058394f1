"""White balance: removes the color of the light."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from imgcuda import Filter, Table, param
from imgcuda_plugins.color.level_counts import LevelCounts, Needed
from imgcuda_plugins.color.stretched_levels import Stretched


class WhiteBalance(LevelCounts):
    """Remove the color of the light: multiply each channel by a factor that is estimated from the image itself.

    `gray-world` gives all channels the mean that they have together (Buchsbaum 1980); `white-patch` makes white of what
    each channel reaches at a percentile (Land 1977). Samples are taken as they are, not in linear light. Floats are
    counted in 65536 steps from 0 to 1, those outside at the ends; what is infinite or not a number does not count.
    Transparent pixels count as others do. A gray image becomes brighter with white-patch, and stays with gray-world.
    """

    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "auto-white-balance": {},
        "gray-world": {"method": "gray-world"},
        "white-patch": {"method": "white-patch"},
    }

    method: Literal["gray-world", "white-patch"] = param(default="gray-world", help="what is taken to be without color")
    percentile: float = param(default=99.0, ge=1, le=100, help="of white-patch: what becomes white, in percent")

    @property
    def needed(self) -> Needed:
        return Needed.MEAN if self.method == "gray-world" else Needed.COUNTS

    def resolve(self, found: npt.NDArray[Any]) -> Filter:
        counts = found[:, :, 0]
        levels = np.linspace(0, 1, counts.shape[1])
        total = np.maximum(counts.sum(axis=1), 1)
        if self.method == "gray-world":
            means = counts @ levels / total
            gains = _quotients(means.mean(), means)
        else:
            reached = np.cumsum(counts, axis=1) >= np.ceil(total * self.percentile / 100)[:, None]
            gains = _quotients(1.0, levels[np.argmax(reached, axis=1)])
        return Stretched(ends=Table.of(np.stack([0 * gains, gains, 0 * gains + 1], axis=1).astype(np.float32)))


def _quotients(wanted: float, found: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the factor by which each number becomes the wanted one; 1 where a number is 0."""
    return np.divide(wanted, found, out=np.ones_like(found), where=found > 0)
