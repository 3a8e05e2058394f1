"""Motion blur: as if the camera had moved along a line."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil, cos, radians, sin
from typing import Any, ClassVar

import numpy as np

from imgcuda import param
from imgcuda_plugins.blur.taps import Taps, Weights


class MotionBlur(Taps):
    """Blur an image along a line, as if the camera had moved while the picture was taken.

    A pixel becomes the mean of places that are at most a pixel apart on a line through it, as far to both sides;
    between pixels they are interpolated bilinearly, as in GEGL's motion-blur-linear. Along a row a length of 8 is the
    mean of 9 pixels.
    """

    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {"motion-blur-linear": {}, "linear-blur": {}}

    length: float = param(default=10.0, ge=0, le=200, help="how far it moved, in pixels")
    angle: float = param(
        default=0.0, ge=-360, le=360, help="in which direction, in degrees counterclockwise from right"
    )

    @property
    def halo(self) -> int:
        return ceil(self.length / 2)

    @property
    def kernel(self) -> Weights:
        """The weights of ceil(length) + 1 places on the line, each divided among the four pixels around it."""
        places = np.linspace(-0.5, 0.5, ceil(self.length) + 1) if self.length else np.zeros(1)
        middle, turn = self.halo, radians(self.angle)
        # rounded, so that a line along a row or a column stays in it
        across, down = (np.round(places * self.length * part, 9) for part in (cos(turn), -sin(turn)))
        kernel = np.zeros((2 * middle + 3, 2 * middle + 3))
        for x, y in zip(across + middle + 1, down + middle + 1, strict=True):
            column, row = int(x), int(y)
            right, below = x - column, y - row
            kernel[row : row + 2, column : column + 2] += np.outer([1 - below, below], [1 - right, right])
        inner: Weights = kernel[1:-1, 1:-1] / len(places)
        return inner
