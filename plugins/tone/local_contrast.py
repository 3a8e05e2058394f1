"""Local contrast: clarity, by a sharpening of large radius."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from imgcuda import DeviceArray, Gpu, param
from imgcuda_plugins.tone.around import Around


class LocalContrast(Around):
    """Make an image clearer: raise each pixel's contrast with its surroundings, as photo editors' clarity does.

    An unsharp mask of large radius, by the luminance: the difference between the luminance of Rec. 601 and its blur,
    times `amount`, is added to all channels, so that no hue changes; with an amount below 0, it is softer. With alpha,
    a color is compared with those around it as they are without alpha, those that are more opaque counting more.
    """

    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {"clarity": {}}

    amount: float = param(default=0.5, ge=-1, le=10, help="what the difference is multiplied by")

    def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        return gpu.launch("local_contrast", image, self.blurred_luminance(gpu, image), self.amount)
