"""Gabor: stripes of one width and direction."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil, cos, log, pi, radians, sin
from typing import Any, ClassVar

import numpy as np

from imgcuda import DeviceArray, Gpu, param
from imgcuda_plugins.edges.scale_space import ScaleSpace, Weights

OCTAVE = 3 * (log(2) / 2) ** 0.5 / pi
"""The sigma of a wave of length 1 that is one octave wide: 0.56."""


class Gabor(ScaleSpace):
    """Show where an image has stripes of one width and direction: a wave in a Gaussian window, as a convolution.

    As scikit-image's gabor, whose real part it is with a phase of 0, and whose imaginary part with one of -90 degrees;
    its window is round (sigma_x = sigma_y), and cut off as there, after 3 standard deviations along the wave and across
    it. Such a kernel is the difference of two that are a column times a row. Values below 0 are black, except of
    floats; an offset of 0.5 shows them, too.
    """

    channelwise = True
    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {"gabor-filter": {}}

    frequency: float = param(default=0.1, ge=0.03, le=0.5, help="waves a pixel: 0.1 is a wave of 10 pixels")
    theta: float = param(
        default=0.0, ge=-360, le=360, help="the direction in which it waves, in degrees: 0 is along the rows, 90 down"
    )
    sigma: float = param(
        default=0.0, ge=0, le=21, help="standard deviation of the window; 0 is one octave wide, 0.56 / frequency"
    )
    phase: float = param(default=0.0, ge=-360, le=360, help="of the wave in the middle, in degrees: 0 is its crest")
    scale: float = param(default=1.0, ge=0, le=1000, help="what the result is multiplied by, before it is clipped")
    offset: float = param(
        default=0.0, ge=-1, le=1, help="what is added to the result, as a part of the range: 0.5 is a medium gray"
    )

    @property
    def halo(self) -> int:
        """Three standard deviations along the wave or across it, as far as they reach along a row or a column."""
        theta = radians(self.theta)
        return ceil(max(3 * self._window * max(abs(cos(theta)), abs(sin(theta))), 1))

    @property
    def _window(self) -> float:
        return self.sigma or OCTAVE / self.frequency

    def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        plane = self.floats(gpu, image)
        (sines_down, sines_along), (cosines_down, cosines_along) = self._waves(np.sin), self._waves(np.cos)
        even = self.summed(gpu, plane, cosines_down, cosines_along)
        odd = self.summed(gpu, plane, sines_down, sines_along)
        return self.combined(gpu, image, even, odd, (self.scale, -self.scale), self.offset)

    def _waves(self, wave: Any) -> tuple[Weights, Weights]:
        """Return a column and a row of weights: cos(a + b) is cos(a) cos(b) - sin(a) sin(b)."""
        x, theta = np.arange(-self.halo, self.halo + 1), radians(self.theta)
        window = np.exp(-0.5 * (x / self._window) ** 2) / (2 * pi) ** 0.5 / self._window
        turn = 2 * pi * self.frequency
        return window * wave(turn * sin(theta) * x), window * wave(turn * cos(theta) * x + radians(self.phase))
