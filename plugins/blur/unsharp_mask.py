"""Unsharp mask: sharpens an image by adding the detail that a blur removes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from imgcuda import DeviceArray, Gpu, Layout, has_alpha, param, white_level
from imgcuda_plugins.blur.blurred import Blurred
from imgcuda_plugins.blur.convolve import Convolve

SMALL = 6.0
"""The largest sigma for which the blur is a sum over the pixels around; beyond, the filter `blur` is faster."""

EXACT = 16.0
"""The same for 16 bits, of which a faster blur would be some levels off, times `amount`."""


class UnsharpMask(Blurred):
    """Sharpen an image, by adding the detail that a blur removes.

    The result is image + amount * (image - blurred) where the two are at least `threshold` apart, and the image
    elsewhere. The blur is that of the filter `blur`, but not rounded to the image's type, since what it is off would be
    multiplied. Of 16 bits without alpha, the result is within a level up to a sigma of 16; beyond, what the blur is off
    on its coarser grid counts `amount` times, which is 2 levels of noise with an amount of 10. Alpha stays as it is; a
    color is compared with the colors around it as they are without their alpha, those that are more opaque counting
    more, so that a shape gets no seam from what it stands on.
    """

    channelwise = True
    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {"unsharp": {}, "sharpen": {}}
    layout = Layout(over="samples", block=(256, 1), pack=4)

    sigma: float = param(
        default=2.0, ge=0.1, le=100, help="standard deviation of the blur, in pixels: how wide the edges' seams are"
    )
    amount: float = param(default=1.0, ge=0, le=10, help="what the difference is multiplied by: how strong it sharpens")
    threshold: float = param(
        default=0.0,
        ge=0,
        le=1,
        help="the least difference that counts, as a part of the range: 0.02 is 5 of 255 levels",
    )

    def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        if has_alpha(image.channels):
            return self._colors(gpu, image)
        threshold = self.threshold * white_level(image.dtype)
        if self.sigma > (EXACT if image.dtype == np.uint16 else SMALL):
            return self._one_by_one(gpu, image, threshold)
        weights, wishes = self.blur.weights, (self.amount, threshold)
        made: DeviceArray = Convolve.by_columns_and_rows(gpu, image, weights, weights, *wishes)
        return made

    def _one_by_one(self, gpu: Gpu, image: DeviceArray, threshold: float) -> DeviceArray:
        """Return the image sharpened by a blur that the filter of this name makes, of finer levels than the image's."""
        finer = image
        if image.dtype.kind != "f":
            finer = gpu.launch("widen", image, dtype=np.uint16 if image.dtype == np.uint8 else np.float32)
        return gpu.launch("sharpen", image, gpu.apply(self.blur, finer), self.amount, threshold)

    def _colors(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        blurred = gpu.apply(self.blur, image)
        arguments = self.amount, self.threshold
        return gpu.launch("sharpen_colors", image, blurred, *arguments, layout=Layout(block=(256, 1)))
