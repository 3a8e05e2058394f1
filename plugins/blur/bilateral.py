"""Bilateral: a blur that keeps edges."""

from __future__ import annotations

from collections.abc import Mapping
from math import isqrt, log
from typing import Any, ClassVar

import numpy as np

from imgcuda import Argument, DeviceArray, Gpu, Layout, NeighborhoodFilter, param

SHARED = 48 * 1024
"""Bytes of shared memory that every GPU gives a block."""

LARGEST = 15
"""The radius of the largest sigma_space."""


class Bilateral(NeighborhoodFilter):
    """Smooth an image and keep its edges: average each pixel with those near it that have about its color.

    A pixel's weight is exp(-d^2 / (2 sigma_space^2)) * exp(-c^2 / (2 sigma_color^2)) at a distance of d pixels and a
    difference in color of c, which is the sum of the differences of all channels, as in OpenCV (Tomasi and Manduchi,
    Bilateral filtering for gray and color images, 1998, leave it open). Pixels up to 1.5 sigma_space away count.
    Alpha counts as a channel, so that the edges of what is opaque are kept, too.
    """

    only_launches = True
    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {"bilateral-blur": {}, "bilateral-filter": {}}

    sigma_space: float = param(
        default=3.0, ge=0.5, le=10, help="how far away pixels count: the standard deviation of their weight, in pixels"
    )
    sigma_color: float = param(
        default=0.1,
        ge=0.001,
        le=10,
        help="how different in color they count: the standard deviation of their weight, where 1 is as black and white"
        " differ in one channel (OpenCV's is 255 times that)",
    )

    @property
    def halo(self) -> int:
        """As OpenCV's radius: one and a half standard deviations, rounded."""
        return int(1.5 * self.sigma_space + 0.5)

    def arguments(self) -> Mapping[str, Argument]:
        """Return the factor of squared distances in a weight's logarithm to base 2, and the circle."""
        by_distance, by_color = (-0.5 / (log(2) * sigma**2) for sigma in (self.sigma_space, self.sigma_color))
        reach = [isqrt(self.halo**2 - row**2) for row in range(self.halo + 1)]
        table = np.array(reach, np.int32)
        return {"by_distance": by_distance, "by_color": by_color, "reach": table, "radius": self.halo}

    def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        width, largest = tile(self.halo, image.channels)
        return gpu.launch(
            "bilateral",
            image,
            self.arguments(),
            constants={"LARGEST": largest},
            gpu_constants={"RADIUS": self.halo},
            layout=Layout(over="pixels", block=(width, 4), rows=4),
        )


def tile(radius: int, channels: int) -> tuple[int, int]:
    """Return the width of a block, and the largest radius that is computed in blocks of this width.

    A block makes 16 rows, and is 64 pixels wide if shared memory has room for the floats that it reads; else 32.
    """
    largest = max(r for r in range(LARGEST + 1) if (64 + 2 * r) * (16 + 2 * r) * channels * 4 <= SHARED)
    return (64, largest) if radius <= largest else (32, LARGEST)
