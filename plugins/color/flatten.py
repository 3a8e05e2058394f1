"""Flatten: replaces transparency by a background color."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from imgcuda import Argument, Color, PointFilter, param


class Flatten(PointFilter):
    """Lay an image over a background color; the result has no alpha.

    The result is alpha * color + (1 - alpha) * background, as of the W3C's Compositing and Blending Level 1. Behind a
    gray image is the background's luminance, by Rec. 601. An image without alpha stays as it is.
    """

    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {"remove-alpha": {}}
    result_alpha = False

    background: Color = param(default=Color.of("#ffffff"), help="the color behind; its own alpha does not count")

    def arguments(self) -> Mapping[str, Argument]:
        return {"background": np.array(self.background.rgb, np.float32)}
