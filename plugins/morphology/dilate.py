"""Dilate: replaces each sample by the greatest around it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from imgcuda import DeviceArray, Gpu
from imgcuda_plugins.morphology.morphology import Morphology


class Dilate(Morphology):
    """Replace each sample by the greatest around it: bright parts grow.

    By a shape that has a name, the result is that of OpenCV's dilate, as for `erode`. A `footprint` is turned by half a
    turn, as in SciPy's grey_dilation and in mathematics, so that a single bright pixel becomes the footprint as it is
    written; OpenCV lays it over the image as it is written. NaN counts only where there is nothing else.

    With alpha, colors are compared as they are with their alpha: those of transparent pixels do not count.
    """

    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "dilation": {},
        "dilatation": {},
        "grey-dilation": {},
        "maximum": {},
        "maximum-filter": {},
        "max-filter": {},
    }
    peers: ClassVar[Mapping[str, str]] = {
        "OpenCV": "imgcuda_plugins.peers.opencv_calls:dilate",
    }

    def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        return self.dilated(gpu, image)
