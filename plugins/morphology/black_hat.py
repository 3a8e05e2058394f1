"""Black hat: shows dark details that are smaller than a shape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from imgcuda import DeviceArray, Gpu
from imgcuda_plugins.morphology.morphology import Residue


class BlackHat(Residue):
    """Show dark details smaller than a shape, as bright, on any background: the closing minus the image.

    It is OpenCV's MORPH_BLACKHAT, SciPy's and scikit-image's black_tophat and ImageMagick's BottomHat. Alpha stays as
    it is.
    """

    passes = 2
    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "blackhat": {},
        "black-tophat": {},
        "black-top-hat": {},
        "bottom-hat": {},
    }

    def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        return self.difference(gpu, self.eroded(gpu, self.dilated(gpu, image)), image)
