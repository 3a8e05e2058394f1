"""Frangi: vessels, and other lines of some widths."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from imgcuda import DeviceArray, Gpu, ParameterError, Table, param, white_level
from imgcuda_plugins.blur.blur import reach
from imgcuda_plugins.edges.scale_space import ScaleSpace
from imgcuda_plugins.edges.separable_sum import LARGEST
from imgcuda_plugins.edges.vesselness import Vesselness


class Frangi(ScaleSpace):
    """Show vessels, wrinkles, rivers and other lines: how much an image curves across and how little along.

    Of the eigenvalues of the Hessian matrix, with |a| <= |b|, it is exp(-(a/b)^2 / 2 beta^2) (1 - exp(-(a^2 + b^2) / 2
    gamma^2)) where b has the sign of a line, and 0 elsewhere; of several sigmas the largest (Frangi, Niessen, Vincken,
    Viergever, Multiscale vessel enhancement filtering, 1998, in two dimensions). As in scikit-image's frangi the
    eigenvalues are not multiplied by sigma^2, but gamma is a number, where scikit-image by default takes half of the
    largest length that it finds.
    """

    channelwise = True
    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "vesselness": {},
        "ridges": {},
    }

    sigmas: Table = param(
        default=Table.of([1.0, 3.0, 5.0]),
        help="standard deviations of the Gaussian, in pixels: half a line's width",
    )
    beta: float = param(default=0.5, ge=0.01, le=100, help="how much blobs count: small for lines alone")
    gamma: float = param(
        default=0.02, ge=1e-6, le=100, help="how much a line must curve to count, in parts of the range"
    )
    black_ridges: bool = param(default=True, help="whether lines are dark on bright; else bright on dark")

    def __post_init__(self) -> None:
        super().__post_init__()
        sigmas = self.sigmas.array
        if sigmas.ndim != 1 or not 1 <= sigmas.size <= 32 or sigmas.min() < 0.3 or sigmas.max() > LARGEST:
            raise ParameterError(
                f"sigmas must be 1 to 32 numbers from 0.3 to {LARGEST:g}, such as [1, 3, 5]; got {sigmas.tolist()}"
            )

    @property
    def halo(self) -> int:
        return int(reach(max(self._sigmas)))

    @property
    def _sigmas(self) -> Sequence[float]:
        return [float(sigma) for sigma in self.sigmas.array]

    def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        plane, white = self.floats(gpu, image), white_level(image.dtype)
        unit = (1 if self.black_ridges else -1) / white
        first, *others = (
            Vesselness(sigma=sigma, unit=unit, beta=self.beta, gamma=self.gamma, border=self.border)
            for sigma in self._sigmas
        )
        best = gpu.apply(first, plane)
        for other in others:
            gpu.launch("keep_larger", gpu.apply(other, plane), out=best, constants={"LARGER": 1})
        return self.combined(gpu, image, best, best, (white, 0.0), 0.0, by_alpha=True)
