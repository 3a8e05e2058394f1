"""Pad: an image with a margin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from imgcuda import Border, Color, ParameterError, Size, param
from imgcuda_plugins.geometry.gravity import Gravity, place
from imgcuda_plugins.geometry.window import TRANSPARENT, Window


class Pad(Window):
    """Put a margin around an image: a color, or the image itself, mirrored or repeated.

    Either by a number of pixels for each side, or up to a size in which `gravity` says where the image lies. The
    borders are SciPy's; what OpenCV calls reflect, reflect101, replicate and wrap is reflect, mirror, nearest and wrap
    here. Every sample stays as it is.
    """

    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {"copy-make-border": {}, "letterbox": {}}

    amount: int = param(default=0, ge=0, le=100_000, help="pixels added on all four sides")
    left: int = param(default=0, ge=0, le=100_000, help="pixels added on the left, besides")
    right: int = param(default=0, ge=0, le=100_000, help="pixels added on the right, besides")
    top: int = param(default=0, ge=0, le=100_000, help="pixels added above, besides")
    bottom: int = param(default=0, ge=0, le=100_000, help="pixels added below, besides")
    size: Size = param(default=Size(), help="the size that it has at least, as 1600x1200, instead of numbers of pixels")
    gravity: Gravity = param(default="none", help="where the image lies in that size; none is the middle")
    border: Border = param(default="constant", constant=True, help="what is seen in the margin; constant is `color`")
    color: Color = param(
        default=TRANSPARENT, help="the color of a constant margin; of one that is not opaque, black without alpha"
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.size != Size() and (self.amount or self.left or self.right or self.top or self.bottom):
            raise ParameterError("pad takes a size, or numbers of pixels for its sides, but not both")

    def result_size(self, width: int, height: int) -> tuple[int, int]:
        if self.size != Size():
            return max(width, self.size.width), max(height, self.size.height)
        return width + self.left + self.right + 2 * self.amount, height + self.top + self.bottom + 2 * self.amount

    def origin(self, width: int, height: int) -> tuple[int, int]:
        if self.size == Size():
            return -self.left - self.amount, -self.top - self.amount
        made = self.result_size(width, height)
        left, top = place(self.gravity, (made[0] - width, made[1] - height))
        return -left, -top
