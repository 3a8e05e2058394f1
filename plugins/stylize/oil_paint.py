"""Oil paint: an image in dabs of paint."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from imgcuda import Layout, NeighborhoodFilter, param


class OilPaint(NeighborhoodFilter):
    """Paint an image in dabs of one color each.

    A pixel becomes the color that is most frequent around it, as by GEGL's oilify with `use-inten`: pixels in a circle
    are counted by their luminance, Rec. 601, in even levels, and the mean colors of the levels are averaged, each
    weighed by its count, as a part of the largest, to the power `exponent`. A high exponent leaves the most frequent
    level alone, as in OpenCV's `xphoto.oilPainting` and ImageMagick's `-paint`. Pixels count by their alpha, which
    stays.
    """

    alpha_mode = "color"
    layout = Layout(over="pixels", block=(32, 8))
    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {"oilify": {}, "paint": {}}

    radius: int = param(default=4, ge=1, le=50, help="how large the dabs are, in pixels")
    levels: int = param(default=32, ge=2, le=64, help="how many levels of luminance are counted")
    exponent: float = param(default=8.0, ge=1, le=20, help="how sharp the dabs' edges are")

    @property
    def halo(self) -> int:
        return self.radius
