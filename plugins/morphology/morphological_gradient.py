"""Morphological gradient: outlines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from imgcuda import DeviceArray, Gpu
from imgcuda_plugins.morphology.morphology import Residue


class MorphologicalGradient(Residue):
    """Show outlines: how much the brightest pixel within a shape differs from the darkest, dilation - erosion.

    It is OpenCV's MORPH_GRADIENT, SciPy's morphological_gradient and ImageMagick's Edge. Alpha stays as it is.
    """

    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {"morph-gradient": {}}

    def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        return self.difference(gpu, self.dilated(gpu, image), self.eroded(gpu, image))
