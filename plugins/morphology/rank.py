"""Rank: replaces each sample by a percentile of the samples around it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from imgcuda import DeviceArray, Gpu, NeighborhoodFilter, param
from imgcuda_plugins.noise.median import Median, ranked


class Rank(NeighborhoodFilter):
    """Replace each sample by a percentile of the samples around it: 0 is the smallest, 50 the median.

    Of the n samples in a square of 2 * radius + 1 pixels a side, in order, it is number n * percentile / 100, rounded
    down and counted from 0, and for 100 the greatest, as in SciPy's percentile_filter. A little more than 0, or less
    than 100, erodes or dilates without being led by single specks. It is exact for all types. NaN counts as greater
    than all numbers.
    """

    channelwise = True
    only_launches = True
    layout = Median.layout
    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "rank-filter": {},
        "percentile": {},
        "percentile-filter": {},
    }

    radius: int = param(default=1, ge=1, le=50, constant=True, help="how far the square reaches, in pixels")
    percentile: float = param(default=25.0, ge=0, le=100, help="which percent of the samples are less")

    @property
    def halo(self) -> int:
        return self.radius

    def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        area = (2 * self.radius + 1) ** 2
        found: DeviceArray = ranked(gpu, image, self.radius, min(int(area * self.percentile / 100), area - 1))
        return found
