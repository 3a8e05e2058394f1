"""Gamma: a power of each color."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from imgcuda import PointFilter, param


class Gamma(PointFilter):
    """Make the levels between black and white darker or brighter, by a power.

    The result is gain * color ** gamma, as of torchvision's and scikit-image's `adjust_gamma`. What ImageMagick, GIMP
    and ffmpeg call gamma is 1 divided by it. Floats beyond 1 are on the same curve; a float below 0 becomes what its
    size does, negative, so that no result is undefined.
    """

    channelwise = True
    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {"adjust-gamma": {}, "gamma-correction": {}}

    gamma: float = param(default=2.2, ge=0.1, le=10, help="the power: above 1 makes an image darker, below 1 brighter")
    gain: float = param(default=1.0, ge=0.01, le=100, help="what the result is multiplied by")
