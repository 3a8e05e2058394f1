"""Adaptive threshold: black and white, at a level of its own for each pixel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from imgcuda import DeviceArray, Gpu, Layout, NeighborhoodFilter, param
from imgcuda_plugins.blur.blur import Blur
from imgcuda_plugins.blur.box_blur import BoxBlur
from imgcuda_plugins.color.grayscale import Grayscale

LARGEST = 100
"""The largest radius."""

COLUMNS = Layout(block=(128, 1), rows=64)
"""A thread sums a square's columns down so many rows, of which each takes one sum and one difference."""

SUMS = {"uint8": np.uint32, "uint16": np.uint64, "float32": np.float64}
"""The types that hold the sum of the squares of a column, or of a whole square, exactly or almost so."""

ROW = Layout(block=(256, 1))
"""A block adds up the sums of columns along a row."""

SMALL = {1: (128, 64), 2: (96, 64, 16), 3: (72, 56, 28, 8), 4: (60, 51, 30, 13, 4)}
"""The weights of OpenCV's small Gaussians, from the middle out, in 256ths."""


class AdaptiveThreshold(NeighborhoodFilter):
    """Make pixels white that are brighter than their surroundings, and all others black.

    The level is found in the square around each pixel: with `mean` its mean; with `gaussian` a mean with the weights of
    a Gaussian, both rounded to the image's type as in OpenCV's adaptiveThreshold; with the standard deviation s,
    `niblack` has mean - k s (Niblack 1986) and `sauvola` mean (1 + k (s / r - 1)) (Sauvola and Pietikainen 2000), as
    scikit-image has them. The image counts by its luminance, as `grayscale` makes it; transparent pixels count as
    others do. Floats must be brighter by a millionth, as their means are rounded. For a deviation floats outside of 0
    to 1 count as 0 or 1, and what is not a number as 0; it becomes black.
    """

    alpha_mode = "straight"
    channels: ClassVar[Literal[1]] = 1
    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "local-threshold": {},
        "lat": {"method": "mean"},
        "niblack": {"method": "niblack"},
        "sauvola": {"method": "sauvola"},
    }

    method: Literal["mean", "gaussian", "niblack", "sauvola"] = param(default="mean", help="how the level is found")
    radius: int = param(
        default=7, ge=1, le=LARGEST, help="pixels from the middle of the square to its side: 7 is 15x15"
    )
    offset: float = param(
        default=0.0, ge=-1, le=1, help="how far below it the level lies: OpenCV's C by 255, so 0.02 is 5 gray levels"
    )
    k: float = param(default=0.2, ge=-2, le=2, help="of niblack and sauvola: how much the deviation counts")
    r: float = param(default=0.5, ge=0.01, le=1, help="of sauvola: the largest deviation, as a part of the range")

    @property
    def halo(self) -> int:
        return self.radius

    @property
    def row_step(self) -> int:
        return COLUMNS.rows if self._deviates else self._mean.row_step

    def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        gray = gpu.apply(Grayscale(), image) if image.channels > 2 else image
        height, width, samples = gray.shape
        constants = {"SAMPLES": samples}
        if not self._deviates:
            return gpu.launch("above_mean", gray, gpu.apply(self._mean, gray), self.offset, constants=constants)
        shape, dtype = (height, width, 2), SUMS[image.dtype.name]
        sums = gpu.launch("columns", gray, self.radius, shape=shape, dtype=dtype, constants=constants, layout=COLUMNS)
        wishes = (self.radius, self.offset, self.k, self.r, self.method == "sauvola")
        made = gpu.empty(gray.shape, gray.dtype)
        return gpu.launch("above_deviation", sums, gray, *wishes, out=made, constants=constants, layout=ROW)

    @property
    def _deviates(self) -> bool:
        """Whether the level depends on the standard deviation."""
        return self.method in ("niblack", "sauvola")

    @property
    def _mean(self) -> NeighborhoodFilter:
        if self.method == "gaussian":
            return GaussianWindow(sigma=0.3 * (self.radius - 1) + 0.8, radius=self.radius, border=self.border)
        return BoxBlur(radius=self.radius, border=self.border)


class GaussianWindow(Blur):
    """The Gaussian of a square, which ends where the square does: OpenCV's for a kernel of this size."""

    radius: int = param(help="that of the square")

    @property
    def row_step(self) -> int:
        return 1

    @property
    def halo(self) -> int:
        return self.radius

    @property
    def weights(self) -> npt.NDArray[np.float64]:
        away = np.abs(np.arange(-self.radius, self.radius + 1))
        weights = np.exp(-0.5 * (away / self.sigma) ** 2)
        if self.radius in SMALL:
            weights = np.array(SMALL[self.radius], np.float64)[away]
        normalized: npt.NDArray[np.float64] = weights / weights.sum()
        return normalized
