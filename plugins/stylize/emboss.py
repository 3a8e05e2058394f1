"""Emboss: an image as a relief, lit from one side."""

from __future__ import annotations

from collections.abc import Mapping
from math import cos, radians, sin
from typing import Any, ClassVar

from imgcuda import DeviceArray, Gpu, Layout, NeighborhoodFilter, param


class Emboss(NeighborhoodFilter):
    """Emboss an image: show it as a gray relief that is lit from one side.

    What is bright is raised. Where the image gets brighter away from the light it is brighter than middle gray, where
    it gets darker, darker: gray + height * slope, the slope being the difference between the means of the three pixels
    on either side, along the light. Middle gray is 128, 32768 or 0.5. Toward 135 degrees that is the kernel
    (-2 -1 0; -1 0 1; 0 1 2) / (3 sqrt(2)).
    """

    channelwise = True
    only_launches = True
    layout = Layout(over="samples", block=(64, 1), rows=16, pack=4)
    alpha_mode = "color"
    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {"relief": {}}

    angle: float = param(
        default=135.0,
        ge=-360,
        le=360,
        help="where the light is, in degrees: 0 to the right, 90 above, 135 above to the left",
    )
    height: float = param(default=1.0, ge=0, le=100, help="how high the relief is: what slopes are multiplied by")

    @property
    def halo(self) -> int:
        return 1

    def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        angle, slope = radians(self.angle), self.height / 3  # of sums over three rows or columns
        return gpu.launch("slopes", image, -cos(angle) * slope, sin(angle) * slope)
