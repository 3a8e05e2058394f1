"""Vignette: the light that a lens loses toward the corners."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from imgcuda import PointFilter, param


class Vignette(PointFilter):
    """Darken an image toward its corners, as a lens does, or lighten it there.

    Each color is multiplied by 1 - amount * (3 t^2 - 2 t^3), where t = (d - radius) / softness, held between 0 and 1,
    and d is the distance from the center, 0, to the corners, 1: the smoothstep of computer graphics, which begins and
    ends without an edge. In an image of w x h pixels, x and y from its center, d^2 is 4 (x^2 + y^2) / (w^2 + h^2) for a
    circle, and 2 (x^2 / w^2 + y^2 / h^2) for an ellipse of the image's own shape; `roundness` mixes the two.
    """

    channelwise = True
    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {"vignetting": {}}

    amount: float = param(
        default=0.6, ge=-1, le=1, help="the part of the light that is lost: 1 leaves black; below 0 the corners are lit"
    )
    radius: float = param(
        default=0.35, ge=0, le=1, help="where it begins, from 0, the center, to 1, the corners: in half diagonals"
    )
    softness: float = param(
        default=0.65, ge=0, le=1, help="over how many half diagonals it grows to its full amount; 0 is a hard edge"
    )
    roundness: float = param(default=1.0, ge=0, le=1, help="1 is a circle, 0 an ellipse of the image's own proportions")
