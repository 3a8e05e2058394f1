"""Blur: the Gaussian."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from imgcuda import DeviceArray, Filter, Gpu, Layout, NeighborhoodFilter, hookimpl, param

LARGEST_AT_ONCE = 24
"""The largest radius for which rows and columns are blurred in one go; beyond, its rows do not fit a core."""

GROUP = 4
"""Rows that are made at a step: each result that is kept is read once for all of them."""


class Blur(NeighborhoodFilter):
    """Blur an image evenly in every direction, by a Gaussian."""

    layout = Layout(over="samples", block=(64, 1), rows=32, pack=4)

    sigma: float = param(default=2.0, ge=0.1, le=100, help="standard deviation of the Gaussian, in pixels")

    @property
    def halo(self) -> int:
        """Four standard deviations, where SciPy cuts the Gaussian off too."""
        return int(4 * self.sigma + 0.5)

    def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        weights = gpu.upload(gaussian(self.sigma, self.halo))
        sizes = kernel_sizes(min(self.halo, LARGEST_AT_ONCE), image.channels)
        if self.halo <= LARGEST_AT_ONCE:
            layout = replace(self.layout, block=(32 if sizes["RING"] > 32 else 64, 1))  # what a core's memory holds
            return gpu.launch("blur", image, weights, constants=sizes, layout=layout)
        layout = Layout(over="samples", block=(128, 1), rows=32)
        rows = gpu.launch("blur_rows", image, weights, self.halo, dtype=np.float32, constants=sizes, layout=layout)
        return gpu.launch("blur_columns", rows, weights, self.halo, dtype=image.dtype, constants=sizes, layout=layout)


def kernel_sizes(radius: int, channels: int) -> dict[str, int]:
    """Return what the kernel `blur` is sized by: its macros."""
    return {
        "RADIUS": radius,
        "GROUP": GROUP,
        # Rows of results that are kept: a power of two, so that counting round it is one instruction.
        "RING": 1 << (2 * radius + GROUP - 1).bit_length(),
        # Samples to the left and right of its own that a thread reads, in whole packs.
        "SIDE": -(-radius * channels // 4) * 4,
    }


def gaussian(sigma: float, radius: int) -> npt.NDArray[np.float32]:
    """Return the weights of a normalised Gaussian at distances 0 to radius."""
    distance = np.arange(radius + 1)
    weights = np.exp(-0.5 * (distance / sigma) ** 2)
    normalised: npt.NDArray[np.float32] = (weights / (2 * weights.sum() - weights[0])).astype(np.float32)
    return normalised


@hookimpl
def imgcuda_filters() -> list[type[Filter]]:
    return [Blur]
