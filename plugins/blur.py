"""Blur: the Gaussian."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from imgcuda import DeviceArray, Filter, Gpu, Layout, NeighborhoodFilter, hookimpl, param

LARGEST_TILE = 24
"""The largest radius whose rows and columns are blurred in one go; beyond, the columns no longer fit beside the core."""


class Blur(NeighborhoodFilter):
    """Blur an image evenly in every direction, by a Gaussian."""

    layout = Layout(over="samples", block=(128, 1), rows=32)

    sigma: float = param(default=2.0, ge=0.1, le=100, help="standard deviation of the Gaussian, in pixels")

    @property
    def halo(self) -> int:
        """Four standard deviations, where SciPy cuts the Gaussian off too."""
        return int(4 * self.sigma + 0.5)

    def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        weights = gpu.upload(gaussian(self.sigma, self.halo))
        if self.halo <= LARGEST_TILE:
            return gpu.launch("blur", image, weights, constants={"RADIUS": self.halo})
        radius = {"RADIUS": LARGEST_TILE}  # the kernel that is sized by it is not the one that runs
        rows = gpu.launch("blur_rows", image, weights, self.halo, dtype=np.float32, constants=radius)
        return gpu.launch("blur_columns", rows, weights, self.halo, dtype=image.dtype, constants=radius)


def gaussian(sigma: float, radius: int) -> npt.NDArray[np.float32]:
    """Return the weights of a normalised Gaussian at distances 0 to radius."""
    distance = np.arange(radius + 1)
    weights = np.exp(-0.5 * (distance / sigma) ** 2)
    return (weights / (2 * weights.sum() - weights[0])).astype(np.float32)


@hookimpl
def imgcuda_filters() -> list[type[Filter]]:
    return [Blur]
