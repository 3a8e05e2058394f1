"""Laplacian of Gaussian: how an image curves, at some scale."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from imgcuda import DeviceArray, Gpu, param
from imgcuda_plugins.blur.blur import reach
from imgcuda_plugins.edges.scale_space import ScaleSpace
from imgcuda_plugins.edges.separable_sum import LARGEST, derivative


class LaplacianOfGaussian(ScaleSpace):
    """Show blobs and edges of some size: the Laplacian of an image that is blurred by a Gaussian.

    It is SciPy's gaussian_laplace, the sum of the Gaussian's second derivatives along rows and columns: below 0 on
    bright blobs, above 0 on dark ones, and 0 on edges (Marr and Hildreth, Theory of edge detection, 1980). Values below
    0 are black, except of floats; an offset of 0.5 shows them, too, and a negative scale shows bright blobs as bright.
    It grows with 1 / sigma^2, so a scale of sigma^2 makes blobs of any size as strong.
    """

    channelwise = True
    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {"gaussian-laplace": {}, "marr-hildreth": {}}

    sigma: float = param(default=2.0, ge=0.3, le=LARGEST, help="standard deviation of the Gaussian, in pixels")
    scale: float = param(
        default=1.0, ge=-10000, le=10000, help="what the Laplacian is multiplied by, before it is clipped"
    )
    offset: float = param(
        default=0.0, ge=-1, le=1, help="what is added to the result, as a part of the range: 0.5 is a medium gray"
    )

    @property
    def halo(self) -> int:
        return int(reach(self.sigma))

    def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        plane = self.floats(gpu, image)
        blur, curve = (derivative(self.sigma, order) for order in (0, 2))
        down, along = self.summed(gpu, plane, curve, blur), self.summed(gpu, plane, blur, curve)
        return self.combined(gpu, image, down, along, (self.scale, self.scale), self.offset)
