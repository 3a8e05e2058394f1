"""Top hat: shows bright details that are smaller than a shape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from imgcuda import DeviceArray, Gpu
from imgcuda_plugins.morphology.morphology import Residue


class TopHat(Residue):
    """Show bright details smaller than a shape, on any background: the image minus its opening.

    It is OpenCV's MORPH_TOPHAT and SciPy's and scikit-image's white_tophat. Alpha stays as it is.
    """

    passes = 2
    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {"tophat": {}, "white-tophat": {}, "white-top-hat": {}}

    def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        return self.difference(gpu, image, self.dilated(gpu, self.eroded(gpu, image)))
