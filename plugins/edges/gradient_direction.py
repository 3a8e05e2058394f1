"""Gradient direction: which way an image gets brighter."""

from __future__ import annotations

from collections.abc import Mapping
from math import pi
from typing import Any, ClassVar, Literal

from imgcuda import DeviceArray, Gpu, Layout, NeighborhoodFilter, param


class GradientDirection(NeighborhoodFilter):
    """Show which way an image gets brighter at each pixel: the angle of its gradient, as a level.

    A whole turn is from black to white: 0 where it gets brighter to the right, a quarter downwards, a half to the left,
    three quarters upwards, as OpenCV's phase(gx, gy) has it; for floats that part of a turn. Where nothing changes it
    is 0. The gradient is that of Sobel's, Scharr's or Prewitt's operator; `edges` shows its length.
    """

    channelwise = True
    only_launches = True
    layout = Layout(over="samples", block=(64, 1), rows=16, pack=4)
    alpha_mode = "color"
    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {"edge-direction": {}, "gradient-orientation": {}}

    operator: Literal["sobel", "scharr", "prewitt"] = param(
        default="sobel", constant=True, help="how the slopes are measured; scharr is the most exact in between"
    )

    @property
    def halo(self) -> int:
        return 1

    def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        return gpu.launch("slopes", image, 0.5 / pi, 0.0)
