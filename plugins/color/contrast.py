"""Contrast: how far bright and dark are apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from imgcuda import PointFilter, param


class Contrast(PointFilter):
    """Move bright and dark further apart, or closer together.

    The result is pivot + factor * (color - pivot), as of CSS's `contrast()`. Pillow's `ImageEnhance.Contrast` and
    torchvision's `adjust_contrast` take the same factor, and for the pivot each image's own mean. Here it is fixed, so
    that the pictures of a series are treated alike.
    """

    channelwise = True
    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {"adjust-contrast": {}}

    factor: float = param(
        default=1.5, ge=0, le=100, help="how far colors move from the pivot: 0 leaves only that, 1 the image as it is"
    )
    pivot: float = param(default=0.5, ge=0, le=1, help="the color that stays as it is, from black (0) to white (1)")
