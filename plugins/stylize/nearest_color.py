"""Nearest color: the color of a palette that is most like a pixel's."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from imgcuda import Argument, PointFilter, Table, param


class NearestColor(PointFilter):
    """Replace each color by the color of a palette that is nearest in RGB."""

    palette: Table = param(help="the colors, (number, 3), from 0 to 1")

    def arguments(self) -> Mapping[str, Argument]:
        return {"palette": self.palette.array.astype(np.float32), "count": len(self.palette.array)}
