"""Chromatic aberration: red and blue larger or smaller than green."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from imgcuda import Alpha, Border, Rows, param
from imgcuda_plugins.geometry.rotate import TAPS
from imgcuda_plugins.geometry.warp import Warp, middle


class ChromaticAberration(Warp):
    """Make red and blue larger or smaller than green, as a lens does at its edges, or undo it.

    The scales are those of the lens's lateral aberration about the center, one for each color. A gray image stays as it
    is, and so does alpha.
    """

    red: float = param(default=1.01, ge=0.5, le=2, help="how many times larger red becomes")
    blue: float = param(default=0.99, ge=0.5, le=2, help="how many times larger blue becomes")
    center_x: float = param(default=0.5, ge=-10, le=10, help="where the center is: 0 the left edge, 1 the right one")
    center_y: float = param(default=0.5, ge=-10, le=10, help="where it is: 0 the upper edge, 1 the lower one")
    border: Border = param(default="nearest", constant=True, help="what is read beyond the edge of the image")

    @property
    def channelwise(self) -> bool:
        return False

    @property
    def alpha_mode(self) -> Alpha:
        return "premultiplied"

    def numbers(self, width: int, height: int) -> Sequence[float]:
        return [middle(width, self.center_x), middle(height, self.center_y), 1 / self.red, 1.0, 1 / self.blue]

    def reads(self, wanted: Rows, width: int, height: int) -> tuple[int, int] | None:
        """Return the rows that all colors are read from; None if the border rule reads rows elsewhere."""
        if self.border not in ("constant", "nearest"):
            return None
        center, scales = middle(height, self.center_y), (1 / self.red, 1.0, 1 / self.blue)
        found = [center + (y - center) * scale for y in (wanted.first, wanted.last - 1) for scale in scales]
        return int(min(found)) - TAPS[self.method] - 1, ceil(max(found)) + TAPS[self.method] + 1
