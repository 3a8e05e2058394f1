"""Morphological gradient: shows outlines, as dilation minus erosion."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from imgcuda import DeviceArray, Gpu
from imgcuda_plugins.morphology.morphology import Residue


class MorphologicalGradient(Residue):
    """Show outlines: the brightest sample within a shape minus the darkest, or dilation minus erosion.

    It is OpenCV's MORPH_GRADIENT, SciPy's morphological_gradient and ImageMagick's Edge. Alpha stays as it is.
    """

    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {"morph-gradient": {}}

    def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        return self.difference(gpu, self.dilated(gpu, image), self.eroded(gpu, image))
