"""Lens: the base class of filters that bend an image as a lens does, by OpenCV's model."""

from __future__ import annotations

from collections.abc import Sequence
from math import hypot

from imgcuda import param
from imgcuda_plugins.geometry.warp import Warp, middle


class Lens(Warp):
    """A warp by the Brown-Conrady model of OpenCV, whose coefficients and camera are its parameters."""

    k1: float = param(default=-0.1, ge=-100, le=100, help="radial distortion by the square of the distance")
    k2: float = param(default=0.0, ge=-100, le=100, help="radial distortion by its fourth power")
    p1: float = param(default=0.0, ge=-100, le=100, help="tangential distortion, vertical")
    p2: float = param(default=0.0, ge=-100, le=100, help="tangential distortion, horizontal")
    k3: float = param(default=0.0, ge=-100, le=100, help="radial distortion by the sixth power of the distance")
    fx: float = param(
        default=0.0,
        ge=0,
        le=100_000,
        help="focal length in pixels; 0 for half the diagonal, so that corners are 1 away",
    )
    fy: float = param(default=0.0, ge=0, le=100_000, help="vertical focal length in pixels; 0 for the same as fx")
    cx: float = param(
        default=0.0, ge=-100_000, le=100_000, help="column of the optical center, in pixels; 0 for the middle"
    )
    cy: float = param(
        default=0.0, ge=-100_000, le=100_000, help="row of the optical center, in pixels; 0 for the middle"
    )

    def numbers(self, width: int, height: int) -> Sequence[float]:
        focal = self.fx or hypot(width, height) / 2
        center = self.cx or middle(width), self.cy or middle(height)
        return [*center, focal, self.fy or focal, self.k1, self.k2, self.p1, self.p2, self.k3]
