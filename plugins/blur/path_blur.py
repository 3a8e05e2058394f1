"""Path blur: the base class of zoom blur and radial blur, which average along a path through each pixel."""

from __future__ import annotations

from typing import ClassVar

from imgcuda import DeviceArray, Gpu, Layout, NeighborhoodFilter, param


class PathBlur(NeighborhoodFilter, abstract=True):
    """Average places along a path through each pixel, toward a center or around it; it may reach any row."""

    channelwise = True
    only_launches = True
    turns: ClassVar[bool]
    """Whether the path leads around the center, rather than toward it."""

    center_x: float = param(default=0.5, ge=-10, le=10, help="where the center is, as a part of the image's width")
    center_y: float = param(default=0.5, ge=-10, le=10, help="where the center is, as a part of the image's height")

    @property
    def extent(self) -> float:
        """The length of the path: a fraction of the distance to the center, or an angle in radians."""
        raise NotImplementedError

    def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        center = self.center_x * image.width, self.center_y * image.height
        kinds = {"TURNS": int(self.turns)}
        return gpu.launch("path_blur", image, *center, self.extent, constants=kinds, layout=Layout(block=(32, 8)))
