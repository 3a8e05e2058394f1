"""Glow: light that spreads from what is bright."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from imgcuda import DeviceArray, Filter, Gpu, Layout, NeighborhoodFilter, hookimpl, param


class Glow(NeighborhoodFilter):
    """Let what is bright shine on what is around it, as through a soft lens.

    What is brighter than a level is blurred by a Gaussian, along the rows and then along the columns, and laid over the
    image as light: white stays white (1 - (1 - image) * (1 - amount * light)).
    """

    category = "stylize"
    layout = Layout(over="samples", block=(128, 1), rows=8)

    sigma: float = param(default=5.0, ge=0.5, le=30, help="how far the light spreads, in pixels")
    level: float = param(
        default=0.6, ge=0, le=1, help="what shines: what is brighter than this, between 0 and 1"
    )
    amount: float = param(default=0.8, ge=0, le=1, help="how strong the light is")

    @property
    def halo(self) -> int:
        return int(3 * self.sigma + 0.5)

    def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        weights = gpu.upload(gaussian(self.sigma, self.halo))
        rows = gpu.launch("along_rows", image, weights, self.halo, self.level, dtype=np.float32)
        light = gpu.launch("along_columns", rows, weights, self.halo, dtype=np.float32)
        return gpu.launch("lay_over", image, light, self.amount)


def gaussian(sigma: float, radius: int) -> npt.NDArray[np.float32]:
    """Return the weights of a Gaussian at distances -radius to radius; they add up to 1."""
    weights = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2)
    made: npt.NDArray[np.float32] = (weights / weights.sum()).astype(np.float32)
    return made


@hookimpl
def imgcuda_filters() -> list[type[Filter]]:
    return [Glow]
