"""Tilt-shift: sharp in a band, and more and more blurred beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil, cos, log2, radians, sin
from typing import Any, ClassVar

import numpy as np

from imgcuda import DeviceArray, Gpu, Layout, param
from imgcuda_plugins.blur.blur import Blur
from imgcuda_plugins.blur.blurred import Blurred


class TiltShift(Blurred):
    """Keep a band of an image sharp, and blur it more and more beside the band, so that a scene looks like a model.

    The band turns around the middle of the image's width. The standard deviation of the blur grows evenly from 0 at
    its edges to `sigma` at a distance of `falloff`. The image is blurred by sigma, by half of it, by a quarter, and so
    on down to a pixel or less. Each pixel is a weighted mean of the two of these blurs, or the image, that its own blur
    lies between; the weights give the mean the variance of its own blur.
    """

    channelwise = True
    alpha_mode = "premultiplied"
    layout = Layout(over="samples", block=(128, 1), rows=4)
    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {"tiltshift": {}, "miniature": {}}

    position: float = param(default=0.5, ge=-10, le=10, help="where the band's middle is, as a part of the height")
    width: float = param(default=0.2, ge=0, le=10, help="how wide the band is, as a part of the height")
    falloff: float = param(default=0.3, ge=0, le=10, help="the distance over which the blur grows, likewise")
    angle: float = param(default=0.0, ge=-360, le=360, help="how far the band is turned counter-clockwise, in degrees")
    sigma: float = param(default=6.0, ge=0.1, le=100, help="standard deviation of the strongest blur, in pixels")

    @property
    def sigmas(self) -> Sequence[float]:
        """The standard deviations of the blurs that are computed, from the least to the strongest."""
        return [self.sigma / 2**halvings for halvings in range(max(0, ceil(log2(self.sigma))), -1, -1)]

    def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        variances = [0.0, *(sigma**2 for sigma in self.sigmas)]
        band = self._band(image.width, gpu.rows.height)
        total = gpu.launch("collect", image, *band, gpu.rows.first, -1.0, *variances[:2], 1, dtype=np.float32)
        for number, sigma in enumerate(self.sigmas[:-1], 1):
            blurred = gpu.apply(Blur(sigma=sigma, border=self.border), image)
            gpu.launch("collect", blurred, *band, gpu.rows.first, *variances[number - 1 : number + 2], 0, out=total)
        return gpu.launch("tilt_shift", gpu.apply(self.blur, image), *band, gpu.rows.first, variances[-2], total)

    def _band(self, width: int, height: int) -> tuple[float, float, float, float, float, float]:
        """Return the numbers that give sigma at a place: a, b and c, where a x + b y + c is its distance from
        the band's middle, the distance at which the blur begins, how much sigma grows there in a pixel, and sigma."""
        across, down = sin(radians(self.angle)), cos(radians(self.angle))
        middle = across * (width - 1) / 2 + down * (self.position * height - 0.5)
        growth = self.sigma / max(self.falloff * height, 1e-3)
        return across, down, -middle, self.width * height / 2, growth, self.sigma
