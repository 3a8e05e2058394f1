"""Lens blur: the blur of a lens that is out of focus."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil
from typing import Any, ClassVar, Literal

import numpy as np

from imgcuda import param
from imgcuda_plugins.blur.taps import Taps, Weights

PARTS = 16
"""Into how many parts a pixel is divided, in both directions, to find how much of it the aperture covers."""


class LensBlur(Taps):
    """Blur an image as a lens out of focus does: a point becomes the shape of the aperture.

    The shape is a disk, or a regular polygon with as many corners as the aperture has blades, which lie on the disk's
    edge. A pixel's weight is how much of it the shape covers, in 256ths.
    """

    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {"disk-blur": {"shape": "disk"}, "bokeh": {}, "defocus": {}}

    radius: float = param(
        default=5.0, ge=0.5, le=50, help="from the middle of the shape to its edge or corners, in pixels"
    )
    shape: Literal["disk", "polygon"] = param(default="disk", help="that of the aperture")
    blades: int = param(default=6, ge=3, le=16, help="the corners of a polygon")
    angle: float = param(default=0.0, ge=-360, le=360, help="how far a polygon is turned, in degrees counterclockwise")

    @property
    def halo(self) -> int:
        return ceil(self.radius - 0.5)

    @property
    def kernel(self) -> Weights:
        side = 2 * self.halo + 1
        fine = (np.arange(side * PARTS) + 0.5) / PARTS - side / 2
        x, y = fine[None, :], -fine[:, None]
        reach = self.radius
        if self.shape == "polygon":
            sector = 2 * np.pi / self.blades
            off = (np.arctan2(y, x) - np.radians(self.angle)) % sector - sector / 2  # from the middle of a side
            reach = self.radius * np.cos(sector / 2) / np.cos(off)
        covered = (np.hypot(x, y) < reach).reshape(side, PARTS, side, PARTS).sum(axis=(1, 3))
        kernel: Weights = covered / covered.sum()
        return kernel
