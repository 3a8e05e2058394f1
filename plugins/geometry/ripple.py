"""Ripple: an image seen through waves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil, cos, floor, pi, radians, sin
from typing import Any, ClassVar, Literal

from imgcuda import Border, Rows, param
from imgcuda_plugins.geometry.rotate import TAPS
from imgcuda_plugins.geometry.warp import Warp, middle


class Ripple(Warp):
    """Bend an image into waves: lines, or rings as on water.

    Each pixel comes from amplitude * sin(2 pi (distance / wavelength + phase)) pixels away. Of lines, the distance is
    along `angle`, and the way is across, as of GEGL's ripple; of rings, both are from the middle, as of GEGL's waves.
    """

    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {"wave": {}, "waves": {"shape": "rings"}}

    amplitude: float = param(default=8.0, ge=-10_000, le=10_000, help="how far pixels are moved, in pixels")
    wavelength: float = param(default=64.0, ge=0.1, le=100_000, help="from one crest to the next, in pixels")
    phase: float = param(default=0.0, ge=-1000, le=1000, help="how far the waves have come, in wavelengths")
    angle: float = param(
        default=0.0, ge=-360, le=360, help="which way lines run on, in degrees: 0 to the right, 90 down"
    )
    shape: Literal["lines", "rings"] = param(default="lines", help="whether the waves are lines, or rings")
    border: Border = param(default="reflect", constant=True, help="what is read beyond the edge of the image")

    def numbers(self, width: int, height: int) -> Sequence[float]:
        turn = radians(self.angle)
        center = (middle(width), middle(height)) if self.shape == "rings" else (0.0, 0.0)
        waves = 2 * pi / self.wavelength, 2 * pi * self.phase, self.amplitude
        return [*center, cos(turn), sin(turn), *waves, float(self.shape == "rings")]

    def reads(self, wanted: Rows, width: int, height: int) -> tuple[int, int]:
        away = ceil(abs(self.amplitude)) + TAPS[self.method]
        first, last = wanted.first - away, wanted.last + away
        if self.border in ("reflect", "mirror"):  # what is read beyond an edge is as far within
            first, last = min(first, 2 * height - last - 2), max(last, -first + 2)
        return floor(first), ceil(last)
