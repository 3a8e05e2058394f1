"""Polar: an image unrolled around a center, and rolled up again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log, pi
from typing import Any, ClassVar

from imgcuda import Size, param
from imgcuda_plugins.geometry.warp import Warp, middle


class Polar(Warp):
    """Unroll an image around a center, with distances to the right and angles down; or roll up an unrolled image.

    As OpenCV's warpPolar: row 0 is what lies to the right of the center, further rows follow clockwise. Unless a size
    is given, the result is as wide as the radius, and as high as half the way around. Rolled up, an image becomes a
    disc on a square of twice its width.
    """

    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {"warp-polar": {}, "depolar": {"inverse": True}}

    inverse: bool = param(
        default=False, constant=True, help="whether the image is rolled up: distance and angle to x, y"
    )
    log: bool = param(default=False, help="whether the distance grows in proportion to itself: log-polar")
    radius: float = param(
        default=0.0, ge=0, le=100_000, help="the distance at the right end, in pixels; 0 for what fits into the image"
    )
    center_x: float = param(default=0.5, ge=-10, le=10, help="where the center is: 0 the left edge, 1 the right one")
    center_y: float = param(default=0.5, ge=-10, le=10, help="where it is: 0 the upper edge, 1 the lower one")
    size: Size = param(default=Size(), help="size of the result, as 360x200; none for one that suits the radius")

    def result_size(self, width: int, height: int) -> tuple[int, int]:
        if self.size != Size():
            return self.size.width, self.size.height
        if self.inverse:
            side = max(1, round(2 * self.radius)) if self.radius else 2 * width
            return side, side
        reach = self._reach(width, height)
        return max(1, round(reach)), max(1, round(reach * pi))

    def numbers(self, width: int, height: int) -> Sequence[float]:
        made = self.result_size(width, height)
        plane, rolled = (made, (width, height)) if self.inverse else ((width, height), made)
        reach = self._reach(*plane)
        step = log(max(reach, 2.0)) / rolled[0] if self.log else reach / rolled[0]
        center = middle(plane[0], self.center_x), middle(plane[1], self.center_y)
        return [*center, step, 2 * pi / rolled[1], float(self.log), float(rolled[1])]

    def _reach(self, width: int, height: int) -> float:
        """Return the radius in a plane of this size."""
        return self.radius or min(width, height) / 2
