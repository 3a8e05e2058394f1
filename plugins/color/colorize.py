"""Colorize: one hue for all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from imgcuda import PointFilter, param


class Colorize(PointFilter):
    """Show an image in shades of one hue, as through colored glass.

    Each color becomes that of this hue and saturation in HSL whose lightness is the color's luminance, by Rec. 601, as
    in GIMP's and GEGL's Colorize. A gray image becomes one of three colors.
    """

    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {"colorise": {}}
    channels: ClassVar[Literal[3]] = 3

    hue: float = param(default=210.0, ge=0, le=360, help="in degrees: 0 red, 60 yellow, 120 green, 240 blue")
    saturation: float = param(default=0.5, ge=0, le=1, help="how strong the color is: 0 makes all gray")
    lightness: float = param(default=0.0, ge=-1, le=1, help="moves the luminance: toward black below 0, white above")
    strength: float = param(default=1.0, ge=0, le=1, help="0 leaves the image as it is, 1 colors it fully")
