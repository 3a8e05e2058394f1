"""Levels: stretches one range of values to another, with a gamma between."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from imgcuda import Argument, ParameterError, PointFilter, param


class Levels(PointFilter):
    """Stretch the levels from one range to another, with a gamma between.

    The result is out_low + (out_high - out_low) * t ** (1 / gamma), where t is (color - in_low) / (in_high - in_low):
    as GIMP's Levels and ImageMagick's -level, whose gamma is this one, so that above 1 it brightens. Levels are from 0
    to 1. What is darker than in_low becomes out_low, and what is brighter than in_high out_high, unless `clip` is off:
    then floats beyond are on the same curve, and a negative t becomes what its size does, negative.
    """

    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {"level": {}, "adjust-levels": {}}

    in_low: float = param(default=0.0, ge=0, le=1, help="the level that becomes out_low")
    in_high: float = param(default=1.0, ge=0, le=1, help="the level that becomes out_high; above in_low")
    gamma: float = param(default=1.0, ge=0.1, le=10, help="above 1 makes the levels between brighter, below 1 darker")
    out_low: float = param(default=0.0, ge=0, le=1, help="what in_low becomes")
    out_high: float = param(default=1.0, ge=0, le=1, help="what in_high becomes; below out_low for a negative")
    clip: bool = param(default=True, help="whether what lies outside of in_low and in_high becomes the nearer of them")
    channel: Literal["all", "red", "green", "blue"] = param(
        default="all", help="the channel whose levels change; a gray image's is each of them"
    )

    @property
    def channelwise(self) -> bool:
        return self.channel == "all"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.in_low + 1e-4 <= self.in_high:
            raise ParameterError(f"in_high must be at least 0.0001 above in_low, {self.in_low:g}; got {self.in_high:g}")

    def arguments(self) -> Mapping[str, Argument]:
        return {
            "in_low": self.in_low,
            "scale": 1 / (self.in_high - self.in_low),
            "power": 1 / self.gamma,
            "out_low": self.out_low,
            "range": self.out_high - self.out_low,
            "clip": self.clip,
            "channel": ("all", "red", "green", "blue").index(self.channel),
        }
