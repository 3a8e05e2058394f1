"""Zoom blur: as if the camera had moved toward the picture."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from imgcuda import param
from imgcuda_plugins.blur.path_blur import PathBlur


class ZoomBlur(PathBlur):
    """Blur an image along lines toward a center, as if the camera had been zoomed while the picture was taken.

    A pixel becomes the mean of places that are at most a pixel apart, from the pixel itself to a part of the way to the
    center, as in GEGL's motion-blur-zoom; between pixels they are interpolated bilinearly. Images are filtered whole.
    """

    turns = False
    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {"motion-blur-zoom": {}}

    factor: float = param(
        default=0.1, ge=-10, le=1, help="to which part of the way to the center; negative for away from it"
    )

    @property
    def extent(self) -> float:
        return self.factor
