"""Radial blur: as if the camera had turned."""

from __future__ import annotations

from collections.abc import Mapping
from math import radians
from typing import Any, ClassVar

from imgcuda import param
from imgcuda_plugins.blur.path_blur import PathBlur


class RadialBlur(PathBlur):
    """Blur an image along circles around a center, as if the camera had turned while the picture was taken.

    A pixel becomes the mean of places that are at most a pixel apart on an arc through it, as far to both sides;
    between pixels they are interpolated bilinearly. That is GEGL's motion-blur-circular and ImageMagick's
    -rotational-blur. Images are filtered whole.
    """

    turns = True
    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "spin-blur": {},
        "rotational-blur": {},
        "motion-blur-circular": {},
    }

    angle: float = param(default=5.0, ge=0, le=360, help="of the arc, in degrees: half of it lies to either side")

    @property
    def extent(self) -> float:
        return radians(self.angle)
