"""Scale space: the base of filters that compare an image with its blurs, or measure how it curves at some scale."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from imgcuda import DeviceArray, Gpu, Layout, NeighborhoodFilter, Table, has_alpha, white_level
from imgcuda_plugins.edges.separable_sum import SeparableSum, derivative

Weights = npt.NDArray[np.float64]

HALF = 0.5 + 5e-7
"""Middle gray of premultiplied color: a little more than a half, so that it rounds to 128 once alpha divides it."""


class ScaleSpace(NeighborhoodFilter, abstract=True):
    """A filter that compares an image with its blurs, or measures how it curves at some scale."""

    only_launches = True
    alpha_mode = "color"
    layout = Layout(over="samples", block=(256, 1), pack=4)

    def floats(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        """Return the image as floats on its own scale, so that results computed from it are not rounded."""
        return image if image.dtype == np.float32 else gpu.launch("widen", image, dtype=np.float32)

    def summed(self, gpu: Gpu, plane: DeviceArray, down: Weights, along: Weights) -> DeviceArray:
        """Return a plane convolved with a column of weights and with a row."""
        return gpu.apply(SeparableSum(down=Table.of(down), along=Table.of(along), border=self.border), plane)

    def second_derivatives(self, gpu: Gpu, plane: DeviceArray, sigma: float) -> Sequence[DeviceArray]:
        """Return the Gaussian blur's Hessian matrix: derivatives along the columns, along both, and along the rows."""
        orders = ((2, 0), (1, 1), (0, 2))
        return [self.summed(gpu, plane, *(derivative(sigma, order) for order in pair)) for pair in orders]

    def combined(
        self,
        gpu: Gpu,
        image: DeviceArray,
        one: DeviceArray,
        other: DeviceArray,
        factors: tuple[float, float],
        offset: float,
        by_alpha: bool = False,
    ) -> DeviceArray:
        """Return two planes times their factors, plus `offset`, a part of the range; alpha is the image's.

        `by_alpha`: the planes are premultiplied by alpha of their own, which is then divided out.
        """
        opaque = not has_alpha(image.channels)
        level = offset * white_level(image.dtype) if opaque else offset * 2 * HALF
        return gpu.launch("combine", image, one, other, *factors, level, constants={"BY_ALPHA": int(by_alpha)})
