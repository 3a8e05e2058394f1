"""High-pass: shows fine detail alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from imgcuda import DeviceArray, Gpu, param
from imgcuda_plugins.blur.blurred import Blurred
from imgcuda_plugins.edges.scale_space import ScaleSpace


class HighPass(Blurred, ScaleSpace):
    """Show the fine detail of an image alone, around a middle gray: the image minus its blur.

    The result is 0.5 + contrast * (image - blurred), so that laying it over the image, as `composite:mode=overlay`
    does, sharpens: GEGL's high-pass, with the blur of the filter `blur`. With alpha, a color is compared with those
    around it as they are without alpha, those that are more opaque counting more.
    """

    channelwise = True
    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {"highpass": {}}

    sigma: float = param(default=4.0, ge=0.1, le=100, help="standard deviation of the blur, in pixels")
    contrast: float = param(default=1.0, ge=0, le=100, help="what the difference is multiplied by")

    def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        plane = self.floats(gpu, image)
        blurred = gpu.apply(self.blur, plane)
        return self.combined(gpu, image, plane, blurred, (self.contrast, -self.contrast), 0.5, by_alpha=True)
