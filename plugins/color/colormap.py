"""Colormap: levels shown as colors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np

from imgcuda import Argument, PointFilter, param


class Colormap(PointFilter):
    """Show the levels of an image as colors, so that small differences are seen.

    The luminance, as `grayscale` makes it, is looked up in a table of 256 colors; between them, of 16 bits and floats,
    on a straight line. viridis, magma, inferno and plasma are Smith's and van der Walt's (CC0), turbo Mikhailov's
    (Apache 2.0), coolwarm Moreland's diverging map, computed as he published it, and the others by MATLAB's formulas.
    Levels outside of black and white are as at the end; what is not a number is as black.
    """

    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "false-color": {},
        "apply-colormap": {},
        "heatmap": {"map": "inferno"},
    }
    channels: ClassVar[Literal[3]] = 3

    map: Literal[
        "viridis", "magma", "inferno", "plasma", "turbo", "coolwarm", "jet", "hot", "hsv", "gray", "bone", "pink",
        "copper", "cool", "spring", "summer", "autumn", "winter",
    ] = param(default="viridis", help="the table; viridis, magma, inferno and plasma are even to the eye")  # fmt: skip
    reverse: bool = param(default=False, help="whether the map begins at its other end")

    def arguments(self) -> Mapping[str, Argument]:
        from imgcuda_plugins.color.colormap_tables import table  # half of the module's text is numbers

        colors = table(self.map)[:: -1 if self.reverse else 1]
        words = np.rint(255 * colors).astype(np.uint32) @ np.array([1, 1 << 8, 1 << 16], np.uint32)
        padded = np.ascontiguousarray(np.pad(colors, [(0, 0), (0, 1)]), np.float32)
        return {"colors": padded, "words": words, "size": len(colors)}
