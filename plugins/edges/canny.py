"""Canny: edges as thin lines."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from imgcuda import DeviceArray, Filter, Gpu, Layout, ParameterError, has_alpha, param, white_level
from imgcuda_plugins.blur.blur import Blur

NO_BLUR = 0.1
"""The smallest sigma of a blur: with a smaller one no pixel reaches the next."""

ALIKE = 1 + 1e-5
"""The factor by which the squared lengths of two gradients may differ and still count as equal: a blur's rounding."""


class Canny(Filter):
    """Draw the edges of an image as thin lines, white on black.

    The luminance of Rec. 601, multiplied by alpha, is blurred, and Sobel's gradient taken, as long as `edges` shows it.
    Where it is longest across the edge and longer than `high`, there is an edge, and so is all that is longer than
    `low` and connected with that. Of two neighbors that are as long, as beside an ideal edge, the one to the left or
    above is drawn, whatever the image's type. Of a gray image of 8 bits, with sigma=0, that is pixel for pixel OpenCV's
    Canny(image, 255 * low, 255 * high, L2gradient=True).
    """

    only_launches = True
    layout = Layout(over="pixels", block=(256, 1), rows=16)
    channels: ClassVar[Literal[1]] = 1

    sigma: float = param(
        default=1.0, ge=0, le=100, help="standard deviation of the Gaussian before, in pixels; below 0.1 there is none"
    )
    low: float = param(
        default=0.1, ge=0, le=1000, help="an edge goes on while the gradient is longer; a step from 0 to 1 has one of 4"
    )
    high: float = param(default=0.2, ge=0, le=1000, help="an edge has a gradient that is longer somewhere")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.low > self.high:
            raise ParameterError(f"low must be at most high; got {self.low:g} and {self.high:g}")

    def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        plane, top = (image.height, image.width, 1), white_level(image.dtype)
        over = Layout(over="image", block=(256, 1))
        smooth = gpu.launch("luminance", image, shape=plane, dtype=np.float32, layout=over)
        blurred = self.sigma >= NO_BLUR
        if blurred:
            smooth = gpu.apply(Blur(sigma=self.sigma), smooth)
        labels = gpu.empty(plane, np.uint32)
        tiles = Layout(over="pixels", block=(256, 1), rows=16, margin=1)
        wishes = (self.low * top) ** 2, (self.high * top) ** 2, ALIKE if blurred else 1.0
        kinds = gpu.launch("suppress", smooth, labels, *wishes, shape=plane, dtype=np.uint8, layout=tiles)
        gpu.launch("link", kinds, out=labels)
        made = (*plane[:2], 1 + has_alpha(image.channels))
        return gpu.launch("draw", kinds, labels, image, shape=made, dtype=image.dtype)
