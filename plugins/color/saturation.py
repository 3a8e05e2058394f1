"""Saturation: how strong colors are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from imgcuda import PointFilter, param


class Saturation(PointFilter):
    """Make colors stronger or paler; gray does not change.

    The result is luma + factor * (color - luma), as of Pillow's `ImageEnhance.Color` and torchvision's
    `adjust_saturation`. The luma is the luminance by Rec. 601, as in `grayscale`, but not rounded.
    """

    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {"saturate": {}, "adjust-saturation": {}}

    factor: float = param(
        default=1.5, ge=0, le=100, help="how strong colors become: 0 makes all gray, 1 leaves the image as it is"
    )
