"""Sketch: a pencil drawing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np

from imgcuda import DeviceArray, Gpu, Layout, has_alpha, param
from imgcuda_plugins.blur.blurred import Blurred


class Sketch(Blurred):
    """Draw an image with a pencil: dark lines on white where it gets darker, and nothing where it is even.

    The result is the luminance, Rec. 601, divided by its own blur, and white where that is more than 1: a color dodge
    with the blurred negative, as photographers' recipes have it, and OpenCV users as
    `cv2.divide(gray, 255 - blur(255 - gray), scale=256)`. It is gray.
    """

    layout = Layout(over="pixels", block=(128, 1), rows=4)
    channels: ClassVar[Literal[1]] = 1
    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {"pencil-sketch": {}}

    sigma: float = param(
        default=5.0, ge=0.5, le=100, help="standard deviation of the blur, in pixels: wide or fine lines"
    )

    def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        shape = (*image.shape[:2], 1 + has_alpha(image.channels))
        blurred = gpu.apply(self.blur, gpu.launch("lights", image, shape=shape, dtype=np.float32))
        return gpu.launch("sketch", blurred, image, shape=shape, dtype=image.dtype)
