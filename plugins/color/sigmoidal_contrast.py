"""Sigmoidal contrast: changes the contrast by an S-curve that clips nothing."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar

from imgcuda import Argument, PointFilter, param


class SigmoidalContrast(PointFilter):
    """Raise or lower the contrast of the midtones by an S-curve, which clips nothing.

    The result is (S(color) - S(0)) / (S(1) - S(0)), with S(x) = 1 / (1 + exp(contrast * (midpoint - x))): as
    ImageMagick's -sigmoidal-contrast. Black and white stay. `inverse` makes of the result the color again, as its
    +sigmoidal-contrast; floats are then cut off at black and white.
    """

    channelwise = True
    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {"s-curve": {}}

    contrast: float = param(default=5.0, ge=0.1, le=20, help="how steep the S is: 3 is usual, 20 a lot")
    midpoint: float = param(default=0.5, ge=0, le=1, help="the level at which it is steepest")
    inverse: bool = param(default=False, constant=True, help="whether the contrast is lowered instead")

    def arguments(self) -> Mapping[str, Argument]:
        first, last = (1 / (1 + math.exp(self.contrast * (self.midpoint - level))) for level in (0, 1))
        return {"contrast": self.contrast, "midpoint": self.midpoint, "first": first, "range": last - first}
