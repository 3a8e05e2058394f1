"""Edges: how steeply an image changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from imgcuda import DeviceArray, Gpu, Layout, NeighborhoodFilter, param


class Edges(NeighborhoodFilter):
    """Show the edges of an image: the length of the gradient at each pixel.

    The gradient is that of Sobel's, Scharr's or Prewitt's operator over 3x3 pixels, not divided by the sum of its
    weights, as in OpenCV's Sobel and Scharr; or that of Roberts's cross, the differences along the two diagonals of a
    pixel and those to the right of it and below it; or the result is the absolute value of the Laplacian of the 4
    nearest neighbors.
    """

    channelwise = True
    only_launches = True
    layout = Layout(over="samples", block=(64, 1), rows=16, pack=4)
    alpha_mode = "color"
    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "edge-detect": {},
        **{operator: {"operator": operator} for operator in ("sobel", "scharr", "prewitt", "laplacian", "roberts")},
    }
    peers: ClassVar[Mapping[str, str]] = {
        "OpenCV": "imgcuda_plugins.peers.opencv_calls:edges",
        "CuPy": "imgcuda_plugins.peers.cupy_calls:edges",
    }

    operator: Literal["sobel", "scharr", "prewitt", "laplacian", "roberts"] = param(
        default="sobel",
        constant=True,
        help="how it is measured: sobel, scharr, prewitt or roberts for the slope, laplacian for how the slope changes",
    )
    scale: float = param(default=1.0, ge=0, le=1000, help="what the result is multiplied by, before it is clipped")

    @property
    def halo(self) -> int:
        return 1

    def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        return gpu.launch("slopes", image, self.scale, 0.0)
