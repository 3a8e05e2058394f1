"""Kuwahara filter: flat patches with sharp edges, as in a painting."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from imgcuda import DeviceArray, Gpu, Layout, NeighborhoodFilter, param

LARGEST = 8
"""The largest radius, for which a block's shared memory has room."""


class Kuwahara(NeighborhoodFilter):
    """Smooth an image into flat patches with sharp edges: each pixel is the mean of the evenest of four squares.

    Of the four squares of radius + 1 pixels a side that have the pixel in a corner, the one with the least variance
    counts, added up over all channels, alpha included (Kuwahara et al. 1976). If several have the same, the first does:
    upper left, upper right, lower left, lower right. A square that has what is infinite or not a number never counts.
    """

    only_launches = True
    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {"kuwahara-filter": {}}

    radius: int = param(default=3, ge=1, le=LARGEST, help="how far the squares reach, in pixels")

    @property
    def halo(self) -> int:
        return self.radius

    def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        return gpu.launch(
            "kuwahara",
            image,
            self.radius,
            constants={"LARGEST": LARGEST},
            gpu_constants={"RADIUS": self.radius},
            layout=Layout(block=(32, 8)),
        )
