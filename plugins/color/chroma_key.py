"""Chroma key: a color becomes transparent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from imgcuda import Argument, Color, PointFilter, param


class ChromaKey(PointFilter):
    """Make a green screen, or a screen of another color, transparent.

    As ffmpeg's `chromakey`, but for each pixel by itself: what counts is the distance from the color in Cb and Cr of
    BT.601, where 1 is the diagonal of the square of both. Up to `similarity` a pixel is transparent; from there it
    becomes opaque over a distance of `blend`. Alpha that the image has is multiplied. The colors stay as they are.
    """

    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {"chromakey": {}, "green-screen": {}}
    result_alpha = True

    color: Color = param(default=Color.of("#00ff00"), help="the color of the screen; its alpha does not count")
    similarity: float = param(default=0.3, ge=0, le=1, help="how far from the color a pixel is wholly transparent")
    blend: float = param(default=0.1, ge=0, le=1, help="over which distance it becomes opaque; 0 is a hard edge")

    def arguments(self) -> Mapping[str, Argument]:
        key = np.array(chroma(*self.color.rgb), np.float32)
        return {"key": key, "similarity": self.similarity, "rise": 1 / max(self.blend, 1e-4)}


def chroma(red: float, green: float, blue: float) -> tuple[float, float]:
    """Return Cb and Cr of a color, from -1/2 to 1/2, by BT.601."""
    luma = 0.299 * red + 0.587 * green + 0.114 * blue
    return (blue - luma) / 1.772, (red - luma) / 1.402
