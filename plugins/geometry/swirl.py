"""Swirl: an image stirred around a center."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log, radians
from typing import Any, ClassVar

from imgcuda import param
from imgcuda_plugins.geometry.warp import Warp, middle


class Swirl(Warp):
    """Stir an image around a center, the less the further away.

    As scikit-image's swirl: at a distance r from the center, a pixel is turned by strength * exp(-5 r / (radius ln 2))
    radians, besides the rotation.
    """

    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {"twirl": {}, "whirl": {}}

    strength: float = param(default=4.0, ge=-1000, le=1000, help="how far the center is turned, in radians")
    radius: float = param(
        default=0.0, ge=0, le=100_000, help="how far it reaches, in pixels; 0 for three quarters of the shorter side"
    )
    rotation: float = param(default=0.0, ge=-360, le=360, help="how far all is turned besides, in degrees")
    center_x: float = param(default=0.5, ge=-10, le=10, help="where the center is: 0 the left edge, 1 the right one")
    center_y: float = param(default=0.5, ge=-10, le=10, help="where it is: 0 the upper edge, 1 the lower one")

    def numbers(self, width: int, height: int) -> Sequence[float]:
        reach = (self.radius or 0.75 * min(width, height)) * log(2) / 5
        center = middle(width, self.center_x), middle(height, self.center_y)
        return [*center, self.strength, 1 / reach, radians(self.rotation)]
