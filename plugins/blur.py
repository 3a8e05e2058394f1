"""Blur: the Gaussian."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from imgcuda import DeviceArray, Filter, Gpu, Layout, NeighborhoodFilter, hookimpl, param

LARGEST_AT_ONCE = 24
"""The largest radius for which rows and columns are blurred in one go; beyond, its rows do not fit a core."""


SMALL = 8
"""The largest radius for which a tile of 16 rows is faster than one of 8: beyond, its sums leave the registers."""


class Blur(NeighborhoodFilter):
    """Blur an image evenly in every direction, by a Gaussian."""

    sigma: float = param(default=2.0, ge=0.1, le=100, help="standard deviation of the Gaussian, in pixels")

    @property
    def halo(self) -> int:
        """Four standard deviations, where SciPy cuts the Gaussian off too."""
        return int(4 * self.sigma + 0.5)

    def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        weights = gpu.upload(gaussian(self.sigma, self.halo))
        sizes = kernel_sizes(min(self.halo, LARGEST_AT_ONCE))
        if self.halo <= LARGEST_AT_ONCE:
            layout = tile(self.halo, image.channels)
            return gpu.launch("blur", image, weights, constants=sizes, layout=layout)
        layout = Layout(over="samples", block=(128, 1), rows=32)
        rows = gpu.launch("blur_rows", image, weights, self.halo, dtype=np.float32, constants=sizes, layout=layout)
        return gpu.launch("blur_columns", rows, weights, self.halo, dtype=image.dtype, constants=sizes, layout=layout)


def tile(radius: int, channels: int) -> Layout:
    """Return what one block makes: high where the rows that it reads above and below would else be many of all."""
    margin = -(-radius * channels // 8) * 8  # of whole packs, so that blocks begin where wide stores may
    block, rows = ((128, 1), 16) if radius <= SMALL else ((256, 1), 8)
    return Layout(over="samples", block=block, rows=rows, pack=4, margin=margin)


def kernel_sizes(radius: int) -> dict[str, int]:
    """Return what the kernel `blur` is sized by, beside its layout."""
    return {"RADIUS": radius, "PACKS": 4, "BLOCKS": 4 if radius <= SMALL else 3}


def gaussian(sigma: float, radius: int) -> npt.NDArray[np.float32]:
    """Return the weights of a normalised Gaussian at distances 0 to radius."""
    distance = np.arange(radius + 1)
    weights = np.exp(-0.5 * (distance / sigma) ** 2)
    normalised: npt.NDArray[np.float32] = (weights / (2 * weights.sum() - weights[0])).astype(np.float32)
    return normalised


@hookimpl
def imgcuda_filters() -> list[type[Filter]]:
    return [Blur]
