"""Close: fills dark details that are smaller than a shape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from imgcuda import DeviceArray, Gpu
from imgcuda_plugins.morphology.morphology import Morphology


class Close(Morphology):
    """Fill dark details smaller than a shape, and leave the rest as large as it was: dilate, then erode.

    `iterations` are those of each: all dilations come before the erosions, as in OpenCV's morphologyEx and SciPy's
    binary_closing. For one iteration it is SciPy's grey_closing. With alpha, colors are compared as in `dilate`.
    """

    passes = 2
    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {"closing": {}, "grey-closing": {}, "morph-close": {}}

    def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        return self.eroded(gpu, self.dilated(gpu, image))
