"""Posterize: few tones in place of many."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from imgcuda import PointFilter, param


class Posterize(PointFilter):
    """Leave few tones of each color, as a printed poster has.

    Each color goes to the nearest of some levels, which are evenly apart from black to white, as in ImageMagick and
    GIMP. Pillow and torchvision keep the highest bits instead: 2 ** bits levels, white not among them. Floats beyond 0
    and 1 go on in the same steps.
    """

    channelwise = True
    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {"posterise": {}}

    levels: int = param(default=4, ge=2, le=256, help="how many tones are left of each color, with black and white")
