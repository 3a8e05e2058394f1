"""Bloom: light that spreads from bright parts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from imgcuda import DeviceArray, Gpu, Layout, color_channels, param
from imgcuda_plugins.blur.blurred import Blurred


class Bloom(Blurred):
    """Let bright parts shine on their surroundings, as through a soft lens.

    What is brighter than `threshold` is blurred and added, as by GEGL's bloom, whose `amount` is 1 - threshold and
    whose `radius` is `sigma`. The light of a color is the color times `strength` where its luminance, Rec. 601, is at
    least threshold + softness, nothing where it is at most threshold - softness, and a part of it between. GEGL
    measures and adds linear light; here it is the image's values as they are, which a pipeline may make linear. Alpha
    stays.
    """

    layout = Layout(over="pixels", block=(128, 1), rows=4)
    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {"soft-glow": {"limit_exposure": True}}

    threshold: float = param(default=0.5, ge=0, le=1, help="how bright something is that shines half")
    softness: float = param(default=0.25, ge=0, le=1, help="how much brighter it must be to shine fully")
    sigma: float = param(default=10.0, ge=0.5, le=100, help="standard deviation of the blur, in pixels")
    strength: float = param(default=0.5, ge=0, le=10, help="what the light is multiplied by")
    limit_exposure: bool = param(
        default=False, help="whether light is laid over the image like a second slide, so that it never exceeds white"
    )

    def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        shape = (*image.shape[:2], color_channels(image.channels))
        bounds = self.threshold - self.softness, self.threshold + self.softness
        light = gpu.launch("lights", image, *bounds, self.strength, shape=shape, dtype=np.float32)
        blurred = gpu.apply(self.blur, light)
        limited = int(self.limit_exposure)
        return gpu.launch("bloom", blurred, image, limited, shape=image.shape, dtype=image.dtype)
