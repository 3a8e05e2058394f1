"""Open: removes bright details that are smaller than a shape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from imgcuda import DeviceArray, Gpu
from imgcuda_plugins.morphology.morphology import Morphology


class Open(Morphology):
    """Remove bright details smaller than a shape, and leave the rest as large as it was: erode, then dilate.

    `iterations` are those of each: all erosions come before the dilations, as in OpenCV's morphologyEx and SciPy's
    binary_opening. For one iteration it is SciPy's grey_opening. With alpha, colors are compared as in `erode`.
    """

    passes = 2
    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {"opening": {}, "grey-opening": {}, "morph-open": {}}

    def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        return self.dilated(gpu, self.eroded(gpu, image))
