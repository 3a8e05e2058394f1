"""Difference of Gaussians: shows details between two sizes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from imgcuda import DeviceArray, Gpu, ParameterError, param
from imgcuda_plugins.blur.blur import Blur
from imgcuda_plugins.blur.blurred import Blurred
from imgcuda_plugins.edges.scale_space import ScaleSpace


class DifferenceOfGaussians(Blurred, ScaleSpace):
    """Show the details of some size: an image blurred a little, minus the image blurred more.

    As scikit-image's difference_of_gaussians: what is smaller than `low_sigma` is blurred away, what is larger than
    `high_sigma` is in both. Values below 0 are black, except of floats; an offset of 0.5 shows them, too. With alpha,
    colors are compared as they are without it, those that are more opaque counting more.
    """

    channelwise = True
    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {"dog": {}, "band-pass": {}}

    low_sigma: float = param(default=1.0, ge=0.1, le=100, help="standard deviation of the smaller blur, in pixels")
    high_sigma: float = param(
        default=1.6, ge=0.1, le=100, help="standard deviation of the larger blur; 1.6 times the smaller one is usual"
    )
    scale: float = param(default=1.0, ge=0, le=1000, help="what the difference is multiplied by, before it is clipped")
    offset: float = param(
        default=0.0, ge=-1, le=1, help="what is added to the result, as a part of the range: 0.5 is a medium gray"
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.low_sigma > self.high_sigma:
            raise ParameterError(
                f"low_sigma must be at most high_sigma; got {self.low_sigma:g} and {self.high_sigma:g}"
            )

    @property
    def blurs(self) -> Sequence[Blur]:
        """The smaller blur and the larger one."""
        return [Blur(sigma=sigma, border=self.border) for sigma in (self.low_sigma, self.high_sigma)]

    def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        plane = self.floats(gpu, image)
        low, high = (gpu.apply(blur, plane) for blur in self.blurs)
        return self.combined(gpu, image, low, high, (self.scale, -self.scale), self.offset, by_alpha=True)
