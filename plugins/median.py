"""Median: the middle one of the values around each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from imgcuda import DeviceArray, Filter, Gpu, Layout, NeighborhoodFilter, hookimpl, param

SORTED = 2
"""The largest radius for which the values are put in order; of more, the middle one is found bit by bit."""

KEYS = {"uint8": np.uint8, "uint16": np.uint16, "float32": np.uint32}
"""The whole numbers that samples are compared as."""


class Median(NeighborhoodFilter):
    """Replace each sample by the middle one of those around it: specks go, edges stay.

    Those around are a square of 2 * radius + 1 pixels a side, each colour by itself; the result is exact for all types.
    The time grows with the square's area, and with the bits of a sample: 8, 16, or 32 for floats and images with alpha.
    """

    layout = Layout(over="samples", block=(128, 1), rows=16)
    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {"median-blur": {}, "median-filter": {}, "despeckle": {}}

    radius: int = param(default=1, ge=1, le=50, constant=True, help="how far the square reaches, in pixels")

    @property
    def halo(self) -> int:
        return self.radius

    def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        if self.radius <= SORTED:
            return gpu.launch("median", image)
        height, width, channels = image.shape
        padded = (height + 2 * self.radius, width + 2 * self.radius, channels)
        keys = gpu.launch("pad", image, width, height, shape=padded, dtype=KEYS[image.dtype.name])
        return gpu.launch("halve", keys, shape=image.shape, dtype=image.dtype)


@hookimpl
def imgcuda_filters() -> list[type[Filter]]:
    return [Median]
