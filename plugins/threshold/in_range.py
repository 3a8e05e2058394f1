"""In-range: makes pixels white whose color lies between two colors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np

from imgcuda import Argument, Color, PointFilter, param


class InRange(PointFilter):
    """Make pixels white whose red, green and blue each lie between those of two colors, and all others black.

    Both ends belong to the range, as in OpenCV's inRange. A gray image counts as red, green and blue alike. What is not
    a number is black. Alpha stays, and the alpha of the two colors does not count.
    """

    channels: ClassVar[Literal[1]] = 1
    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {"inrange": {}, "color-range": {}}

    low: Color = param(default=Color(0.5, 0.5, 0.5), help="the least red, green and blue")
    high: Color = param(default=Color(1.0, 1.0, 1.0), help="the most red, green and blue")

    def arguments(self) -> Mapping[str, Argument]:
        return {name: np.array(getattr(self, name).rgb, np.float32) for name in ("low", "high")}
