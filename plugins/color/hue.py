"""Hue: all colors turned on the color circle."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from imgcuda import PointFilter, param


class Hue(PointFilter):
    """Turn the hue of each color; gray does not change.

    The hue is that of HSV and HSL, which agree: a color keeps its largest and its smallest channel, so it keeps value,
    lightness and saturation in both. As OpenCV's and GIMP's conversions have it. CSS's `hue-rotate()` is something
    else, a matrix that keeps the luminance.
    """

    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {"adjust-hue": {}, "hue-shift": {}}

    degrees: float = param(
        default=90.0, ge=-360, le=360, help="how far hues turn: 120 makes red green, green blue, and blue red"
    )
