"""Warp: the base class of filters that read each pixel from another place of the image."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from imgcuda import Alpha, Border, DeviceArray, GeometryFilter, Gpu, Layout, param
from imgcuda_plugins.geometry.rotate import TAPS

FLAT = Layout(over="pixels", block=(64, 4), cpu=Layout(over="pixels", block=(64, 1)))
SQUARE = Layout(over="pixels", block=(64, 4), cpu=Layout(over="pixels", block=(32, 32)))
"""How threads cover the result. On the CPU a square reads fewer pages than a row that is steep in the image."""
BENT = Layout(over="pixels", block=(64, 4), cpu=Layout(over="pixels", block=(32, 8)))
"""The same for rows that are bent in the image. Of 16 pixels for each pixel, the weights take longer than to read."""


class Warp(GeometryFilter, abstract=True):
    """A filter whose `.cu` file includes warp.cuh and computes from which place each pixel of the result comes.

    It defines `numbers`, which the place depends on. So an angle, a radius or a matrix compiles nothing anew.
    """

    only_launches = True
    layout = FLAT

    method: Literal["nearest", "bilinear", "bicubic"] = param(
        default="bilinear", help="how many pixels around the place where a pixel was make it: 1, 4 or 16 (a = -0.5)"
    )
    border: Border = param(
        default="constant",
        constant=True,
        help="what is seen where the image does not reach; constant is transparent, or black where there is no alpha",
    )

    @property
    def channelwise(self) -> bool:
        return True

    @property
    def alpha_mode(self) -> Alpha:
        """Straight alpha where pixels are only copied, so that they stay as they are."""
        return "straight" if self.method == "nearest" else "premultiplied"

    def numbers(self, width: int, height: int) -> Sequence[float]:
        """Return the `numbers` that `source` in the `.cu` file gets for an image of this size."""
        raise NotImplementedError

    def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        height = gpu.rows.height
        numbers = np.array(self.numbers(image.width, height), np.float64)
        shape = gpu.wanted.number, self.result_size(image.width, height)[0], image.channels
        places = gpu.wanted.first, gpu.rows.first, image.width, height
        taps, layout = {"TAPS": TAPS[self.method]}, self.blocks(image.width, height)
        return gpu.launch("warp", image, numbers, *places, shape=shape, constants=taps, layout=layout)

    def blocks(self, width: int, height: int) -> Layout:
        """Return the layout for an image of this size: FLAT, SQUARE or BENT, as its rows lie in the image."""
        return FLAT if self.method == "bicubic" else BENT


def middle(size: int, part: float = 0.5) -> float:
    """Return the coordinate at a fraction of a side, on which pixel 0 reaches from -0.5 to 0.5."""
    return size * part - 0.5
