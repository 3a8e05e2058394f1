"""Total variation: removes noise by Chambolle's algorithm, and keeps edges sharp."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from imgcuda import DeviceArray, Filter, Gpu, Layout, param


class TotalVariation(Filter):
    """Remove noise: make an image whose neighbors differ less in sum, and that is still like the image.

    The result minimizes half of the sum of its squared differences from the image plus `weight` times its total
    variation, the sum of the lengths of all gradients (Rudin, Osher and Fatemi, 1992), by Chambolle's algorithm (2004)
    in scikit-image's form, denoise_tv_chambolle with `eps=0` and as many iterations as `max_num_iter`: always the same
    number. scikit-image's default stops after some 20 to 30 for a photograph, before the minimum. Each channel is
    denoised by itself. What is between iterations is not rounded.
    """

    channelwise = True
    only_launches = True
    alpha_mode = "premultiplied"
    layout = Layout(over="samples", block=(128, 1), rows=8)
    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "tv-denoise": {},
        "denoise-tv-chambolle": {},
        "chambolle": {},
    }

    weight: float = param(
        default=0.1, ge=0.001, le=10, help="how smooth the result is: about the noise's standard deviation, or twice it"
    )
    iterations: int = param(default=30, ge=2, le=200, help="how many steps are made toward the minimum")

    @property
    def halo(self) -> int:
        return self.iterations - 1

    def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        across, down = (gpu.zeros(image.shape, np.float32) for _ in range(2))
        other_across, other_down = (gpu.empty(image.shape, np.float32) for _ in range(2))
        for _ in range(self.iterations - 1):
            gpu.launch("flow", image, across, down, other_down, self.weight, out=other_across)
            across, down, other_across, other_down = other_across, other_down, across, down
        return gpu.launch("total_variation", image, across, down)
