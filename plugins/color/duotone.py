"""Duotone: shows an image in mixtures of two colors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

import numpy as np

from imgcuda import Argument, Color, PointFilter, param


class Duotone(PointFilter):
    """Show an image in mixtures of two colors: one for black, one for white.

    Colors are mixed by the luminance, by Rec. 601, as by Pillow's `ImageOps.colorize`. A gray image becomes one of
    three colors.
    """

    channels: ClassVar[Literal[3]] = 3

    black: Color = param(default=Color.of("#200060"), help="what black becomes; its alpha does not count")
    white: Color = param(default=Color.of("#ffe080"), help="what white becomes; its alpha does not count")

    def arguments(self) -> Mapping[str, Argument]:
        return {"colors": np.array([self.black.rgb, self.white.rgb], np.float32)}
