"""Threshold: black and white."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from imgcuda import PointFilter, param


class Threshold(PointFilter):
    """Make pixels that are brighter than a level white, and all others black.

    The brightness is that of `grayscale`: the luminance of Rec. 601, rounded to the image's own type. What is exactly
    as bright as the level is black, as in OpenCV's THRESH_BINARY. Level k of 8 or 16 bits is k / 255 or k / 65535.
    What is not a number is black.
    """

    channels: ClassVar[Literal[1]] = 1
    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {"binarize": {}}

    level: float = param(default=0.5, ge=0, le=1, help="what a pixel must be brighter than to be white; 1 is white")
