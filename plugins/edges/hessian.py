"""Hessian: how strongly an image curves, across ridges and along them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from imgcuda import DeviceArray, Gpu, has_alpha, param, white_level
from imgcuda_plugins.blur.blur import reach
from imgcuda_plugins.edges.scale_space import HALF, ScaleSpace
from imgcuda_plugins.edges.separable_sum import LARGEST


class Hessian(ScaleSpace):
    """Show how an image curves at some scale: an eigenvalue of its Hessian matrix, or their product.

    The matrix has the second derivatives of the image, blurred by a Gaussian: as scikit-image's hessian_matrix_eigvals
    and ImageJ's FeatureJ. The largest is above 0 on dark lines, the smallest below 0 on bright ones; the determinant is
    above 0 on blobs. Values are parts of the range; those below 0 are black, except of floats. An offset of 0.5 shows
    them, too, and a negative scale shows bright lines as bright. They are small: a scale of sigma^2 makes lines of any
    width as strong, for the determinant sigma^4.
    """

    channelwise = True
    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {"hessian-eigenvalues": {}}

    sigma: float = param(default=2.0, ge=0.3, le=LARGEST, help="standard deviation of the Gaussian, in pixels")
    output: Literal["largest", "smallest", "determinant"] = param(
        default="largest", help="an eigenvalue, or the product of both"
    )
    scale: float = param(default=4.0, ge=-100000, le=100000, help="what the result is multiplied by")
    offset: float = param(
        default=0.0, ge=-1, le=1, help="what is added to the result, as a part of the range: 0.5 is a medium gray"
    )

    @property
    def halo(self) -> int:
        return int(reach(self.sigma))

    def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        planes = self.second_derivatives(gpu, self.floats(gpu, image), self.sigma)
        output = ["largest", "smallest", "determinant"].index(self.output)
        offset = self.offset * (2 * HALF if has_alpha(image.channels) else 1)
        unit = 1 / white_level(image.dtype)
        return gpu.launch("curvature", image, *planes, output, unit, self.scale, offset, constants={"CURVATURE": 1})
