"""Roll: moves an image, with wraparound at its edges."""

from __future__ import annotations

from imgcuda import Rows, param
from imgcuda_plugins.geometry.window import Window


class Roll(Window):
    """Move an image to the right and down; pixels that leave at one edge come in at the opposite one.

    As ImageMagick's -roll and numpy.roll have it. Every sample stays as it is.
    """

    rule = "wrap"

    x: int = param(default=0, ge=-100_000, le=100_000, help="how far it moves to the right, in pixels")
    y: int = param(default=0, ge=-100_000, le=100_000, help="how far it moves down, in pixels")

    def origin(self, width: int, height: int) -> tuple[int, int]:
        return -self.x % width, -self.y % height

    def reads(self, wanted: Rows, width: int, height: int) -> tuple[int, int] | None:
        """Return the same rows if rows do not move; else None, since a strip may read the first row and the last."""
        return None if self.y % height else (wanted.first, wanted.last)
