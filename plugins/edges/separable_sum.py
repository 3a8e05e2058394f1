"""Separable sum: a convolution with a column and a row of weights, which other filters of edges run."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from imgcuda import DeviceArray, Gpu, NeighborhoodFilter, Table, param
from imgcuda_plugins.blur.blur import reach
from imgcuda_plugins.blur.convolve import Convolve

FARTHEST = 64
"""The most weights to either side: what a block reads beside its pixels must leave room for them, with 4 channels."""

LARGEST = 16.0
"""The largest sigma of a Gaussian that reaches no further."""


class SeparableSum(NeighborhoodFilter):
    """Convolve an image with a column of weights, and with a row."""

    only_launches = True

    down: Table = param(help="weights of the column")
    along: Table = param(help="weights of the row")

    @property
    def halo(self) -> int:
        return max(len(self.down.array), len(self.along.array)) // 2

    def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        down, along = (table.array[::-1] for table in (self.down, self.along))
        made: DeviceArray = Convolve.by_columns_and_rows(gpu, image, down, along, 1.0, 0.0)
        return made


def derivative(sigma: float, order: int) -> npt.NDArray[np.float64]:
    """Return the weights of a derivative of the Gaussian, of order 0 to 2, as SciPy's gaussian_filter1d has them."""
    x = np.arange(-reach(sigma), reach(sigma) + 1)
    weights = np.exp(-0.5 * (x / sigma) ** 2)
    polynomials = [np.ones(x.shape), -x / sigma**2, (x / sigma**2) ** 2 - 1 / sigma**2]
    made: npt.NDArray[np.float64] = polynomials[order] * weights / weights.sum()
    return made
