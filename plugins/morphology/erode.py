"""Erode: replaces each sample by the smallest around it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from imgcuda import DeviceArray, Gpu
from imgcuda_plugins.morphology.morphology import Morphology


class Erode(Morphology):
    """Replace each sample by the smallest around it: bright parts get thinner.

    The time for a rectangle does not grow with its size. By a shape that has a name, the result is that of OpenCV's
    erode, which leaves out what lies beyond the edge; but for border=constant and wrap, it is always that of SciPy's
    grey_erosion. NaN counts only where there is nothing else.

    With alpha, colors are compared as they are with their alpha, so that what is transparent counts as black, and alpha
    shrinks as a color does.
    """

    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "erosion": {},
        "grey-erosion": {},
        "minimum": {},
        "minimum-filter": {},
        "min-filter": {},
    }
    peers: ClassVar[Mapping[str, str]] = {
        "OpenCV": "imgcuda_plugins.peers.opencv_calls:erode",
    }

    def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        return self.eroded(gpu, image)
