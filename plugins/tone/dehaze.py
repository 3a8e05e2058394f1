"""Dehaze: removes haze, by the darkest color around each pixel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from imgcuda import DeviceArray, Filter, Gpu, Layout, MeasuringFilter, NeighborhoodFilter, Table, color_channels, param
from imgcuda_plugins.blur.box_blur import BoxBlur
from imgcuda_plugins.morphology.erode import Erode

PIXELS = Layout(over="image", block=(256, 1))
"""A thread makes a pixel."""

STEPS = 256
"""The steps from black to white in which dark channels are counted."""

BRIGHTEST = 0.001
"""The part of an image that shows the light of the haze, which is where the dark channel is brightest."""

WIDER, EPS = 4, 1e-3
"""How much wider the guided filter's squares are than the patches, and its variance that is smoothed by half."""


class Dehaze(MeasuringFilter):
    """Remove haze: find how much of each pixel is the light of the haze, and subtract it.

    That is the dark channel prior of He, Sun and Tang (2009). Without haze a patch of an image has a pixel that is dark
    in some channel; what this dark channel shows, divided by the color of the haze, is haze. The part 1 - strength *
    dark is the transmission t, which is refined by a guided filter along the edges of the luminance, Rec. 601 (He, Sun
    and Tang, 2010); a color I becomes (I - A) / t + A. A, the color of the haze, is the mean color where the dark
    channel is in its brightest thousandth, or a little more: it is counted in 256 steps, and floats from 0 to 1. What
    is transparent shows the color of the haze behind it. Alpha stays.
    """

    layout = Layout(over="image", block=(256, 1), rows=32)
    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {"haze-removal": {}, "defog": {}}

    radius: int = param(default=7, ge=1, le=25, help="pixels from the middle of a patch to its sides: 7 is 15x15")
    strength: float = param(default=0.95, ge=0, le=1, help="the part of the haze that is removed: some shows distance")
    min_transmission: float = param(
        default=0.1, ge=0.01, le=1, help="the least transmission that is undone: thicker haze would leave only noise"
    )

    @property
    def phase_halo(self) -> int:
        return self._dehazed(np.ones(3)).halo

    @property
    def row_step(self) -> int:
        return self._dehazed(np.ones(3)).row_step

    def measure(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        """Return for each step of the dark channel the sums of alpha and of colors, premultiplied, in 65535ths."""
        steps, shape = {"STEPS": STEPS}, (1 + color_channels(image.channels), STEPS, 1)
        plane = (*image.shape[:2], 1)
        darkest = gpu.launch("darkness", image, shape=plane, dtype=np.float32, constants=steps, layout=PIXELS)
        patches = gpu.apply(Erode(radius=self.radius), darkest)
        first = gpu.wanted.first - gpu.rows.first
        rows = first, first + gpu.wanted.number
        return gpu.reduce("dehaze", image, patches, *rows, shape=shape, dtype=np.uint64, constants=steps)

    def resolve(self, found: npt.NDArray[Any]) -> Filter:
        return self._dehazed(air_light(found[..., 0]))

    def _dehazed(self, air: npt.NDArray[np.float64]) -> Dehazed:
        return Dehazed(
            radius=self.radius,
            strength=self.strength,
            min_transmission=self.min_transmission,
            air=Table.of(air.astype(np.float32)),
        )


def air_light(sums: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Return the color of the haze, at least 1/255, given the measured sums."""
    weights = sums[0]
    from_top = np.cumsum(weights[::-1])[::-1]
    first = int(np.flatnonzero(from_top >= BRIGHTEST * from_top[0]).max())
    weight = max(int(from_top[first]), 1)
    return np.asarray(np.maximum(sums[1:, first:].sum(axis=1) / weight, 1 / 255))


class Dehazed(NeighborhoodFilter):
    """Subtract haze of a known color."""

    only_launches = True
    alpha_mode = "color"
    layout = PIXELS

    radius: int = param(help="pixels from the middle of a patch to its sides")
    strength: float = param(help="the part of the haze that is removed")
    min_transmission: float = param(help="the least transmission that is undone")
    air: Table = param(help="the color of the haze, (colors)")

    @property
    def halo(self) -> int:
        return self._least.halo + 2 * self._mean.halo

    @property
    def row_step(self) -> int:
        return max(self._least.row_step, self._mean.row_step)  # both are powers of 2

    def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        air, shape = gpu.upload(self.air.array), image.shape[:2]
        dark = gpu.launch("dark", image, air, shape=(*shape, 1), dtype=np.float32)
        patches = gpu.apply(self._least, dark)
        moments = gpu.launch("moments", patches, image, air, self.strength, shape=(*shape, 4))
        lines = gpu.launch("lines", gpu.apply(self._mean, moments), EPS, shape=(*shape, 2))
        smooth = gpu.apply(self._mean, lines)
        return gpu.launch("dehazed", smooth, image, air, self.min_transmission, shape=image.shape, dtype=image.dtype)

    @property
    def _least(self) -> Erode:
        return Erode(radius=self.radius, border=self.border)

    @property
    def _mean(self) -> BoxBlur:
        return BoxBlur(radius=WIDER * self.radius, border=self.border)
