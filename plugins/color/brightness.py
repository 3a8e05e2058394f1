"""Brightness: more light, or less."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from imgcuda import PointFilter, param


class Brightness(PointFilter):
    """Make an image brighter or darker, as if there had been more or less light.

    Each color is multiplied by a factor, as by Pillow's `ImageEnhance.Brightness`, torchvision's `adjust_brightness`
    and CSS's `brightness()`. Black stays black.
    """

    channelwise = True
    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "brighten": {},
        "darken": {"factor": 0.7},
        "adjust-brightness": {},
    }

    factor: float = param(
        default=1.5, ge=0, le=100, help="what each color is multiplied by: 0 makes black, 1 leaves the image as it is"
    )
