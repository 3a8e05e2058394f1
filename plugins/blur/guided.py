"""Guided filter: a blur that keeps edges, in a time that does not grow with its radius."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from imgcuda import DeviceArray, Gpu, Layout, NeighborhoodFilter, param
from imgcuda_plugins.blur.box_blur import BoxBlur

ALONG = Layout(over="samples", block=(256, 1))
"""A thread computes a sample."""


class Guided(NeighborhoodFilter):
    """Smooth an image and keep its edges: each square becomes a linear function of the image itself.

    With the mean m and the variance v of a square, a sample x becomes a x + (1 - a) m, a = v / (v + eps), where the
    squares around it have both averaged: He, Sun and Tang, Guided image filtering, 2010, with the image as its own
    guide. Each channel guides itself. The means are those of `box-blur`, of floats.
    """

    channelwise = True
    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {"guided-filter": {}, "guided-blur": {}}

    radius: int = param(default=4, ge=1, le=100, help="pixels from the middle of the squares to their sides: 4 is 9x9")
    eps: float = param(
        default=0.01,
        ge=1e-4,
        le=1,
        help="the variance that is smoothed by half: 0.01 is a deviation of 0.1 of the range",
    )

    @property
    def halo(self) -> int:
        return 2 * self.radius

    @property
    def row_step(self) -> int:
        return self._box.row_step

    def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        given = gpu.launch("moment", image, 1, dtype=np.float32, layout=ALONG)  # this array serves for all four
        mean = gpu.apply(self._box, given)
        square = gpu.apply(self._box, gpu.launch("moment", image, 2, out=given, layout=ALONG))
        slope, offset = (
            gpu.apply(self._box, gpu.launch("coefficient", mean, square, self.eps, which, out=given, layout=ALONG))
            for which in (0, 1)
        )
        return gpu.launch("guided", image, slope, offset, layout=ALONG)

    @property
    def _box(self) -> BoxBlur:
        return BoxBlur(radius=self.radius, border=self.border)
