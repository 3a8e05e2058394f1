"""Anisotropic diffusion: smooths an image within its edges, by Perona and Malik's equation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np

from imgcuda import DeviceArray, Gpu, Layout, NeighborhoodFilter, param


class AnisotropicDiffusion(NeighborhoodFilter):
    """Smooth an image and keep its edges: values diffuse between neighbors, the less the more they differ.

    In each iteration a sample gains gamma * c(d) * d from each of its four neighbors, d being the difference to it and
    c exp(-(d / kappa)^2) or 1 / (1 + (d / kappa)^2): Perona and Malik, Scale-space and edge detection using anisotropic
    diffusion, 1990, and MedPy's anisotropic_diffusion with the options 1 and 2. Each channel flows by itself. What is
    between iterations is not rounded.
    """

    channelwise = True
    only_launches = True
    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {"perona-malik": {}}

    iterations: int = param(default=10, ge=1, le=100, help="how often levels flow")
    kappa: float = param(
        default=0.1, ge=0.001, le=10, help="the difference from which on it is an edge, where 1 is as black and white"
    )
    gamma: float = param(default=0.2, ge=0.01, le=0.25, help="how much flows in one iteration; 0.25 is the most")
    conduction: Literal["exponential", "reciprocal"] = param(
        default="exponential",
        constant=True,
        help="exponential keeps steep edges rather than slight ones, reciprocal large areas rather than small ones",
    )

    @property
    def halo(self) -> int:
        return self.iterations

    def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        made = [image]
        for number in range(self.iterations):
            last = number == self.iterations - 1
            made.append(
                gpu.launch(
                    "diffuse",
                    made[-1],
                    self.kappa,
                    self.gamma,
                    dtype=image.dtype if last else np.float32,
                    out=made[-2] if number > 2 and not last else None,  # two arrays take turns
                    constants={"FROM_FLOATS": int(number > 0), "TO_FLOATS": int(not last)},
                    layout=Layout(over="samples", block=(128, 1), rows=4),
                )
            )
        return made[-1]
