"""Cartoon: a picture drawn with a black felt pen and colored."""

from __future__ import annotations

from collections.abc import Sequence
from math import log, sqrt
from typing import Any

import numpy as np
import numpy.typing as npt

from imgcuda import Border, DeviceArray, Filter, Gpu, Layout, MeasuringFilter, has_alpha, param
from imgcuda_plugins.blur.blur import Blur
from imgcuda_plugins.blur.blurred import Blurred

STEPS = 1024
"""Steps in which quotients from 0 to 1 are counted."""
PER_PIXEL = Layout(over="pixels", block=(128, 1), rows=4)


class Cartoon(MeasuringFilter):
    """Draw dark lines and shades where an image is darker than its surroundings, as with a black felt pen.

    As GEGL's cartoon, which was GIMP's. The luminance, Rec. 601, is blurred a little and blurred more, by `radius`. The
    quotient of both is 1 where the image is even, and less where it is darker than around. Of the pixels where it is,
    the share `black` with the least quotient becomes black; from there up to a quotient of 1 it is darkened less and
    less. The result has the luminance of the slight blur, so darkened, and the image's differences of color from it. A
    blur of radius r is a Gaussian that falls to 1/255 at r + 1 pixels; the slight one has radius 1. GEGL computes in
    linear light and counts quotients in hundredths; here they are those of the image's values as they are, in 1024
    steps, of which the last is not counted. Alpha stays.
    """

    layout = PER_PIXEL

    radius: float = param(default=7.0, ge=0, le=50, help="how far around a pixel its surroundings reach, in pixels")
    black: float = param(default=0.2, ge=0, le=1, help="which share of what is darker than its surroundings gets black")
    border: Border = param(default="reflect", constant=True, help="what is read beyond the edge of the image")

    @property
    def phase_halo(self) -> int:
        return self._shaded().halo

    @property
    def row_step(self) -> int:
        return self._shaded().row_step

    def measure(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        near, around = self._shaded().blurred(gpu, image)
        rows = gpu.wanted.first - gpu.rows.first, gpu.wanted.last - gpu.rows.first
        return gpu.reduce("quotients", near, around, *rows, STEPS, shape=(STEPS,), dtype=np.uint32)

    def resolve(self, found: npt.NDArray[Any]) -> Filter:
        return self._shaded(self._ramp(found))

    def _shaded(self, ramp: float = 1.0) -> Shaded:
        return Shaded(radius=self.radius, ramp=ramp, border=self.border)

    def _ramp(self, counts: npt.NDArray[np.int64]) -> float:
        """Return 1 minus the greatest quotient that becomes black."""
        wanted, so_far = self.black * counts.sum(), np.cumsum(counts)
        if wanted == 0:
            return 1.0
        step = min(int(np.searchsorted(so_far, wanted)), STEPS - 2)
        return 1 - (step + 1 - (so_far[step] - wanted) / counts[step]) / STEPS


class Shaded(Blurred):
    """Draw each pixel the darker, the more its luminance is below that of its surroundings."""

    name = Cartoon.name
    alpha_mode = "straight"
    layout = PER_PIXEL

    radius: float = param(help="how far around a pixel its surroundings reach, in pixels")
    ramp: float = param(help="how much darker than its surroundings something is that becomes black")

    @property
    def blurs(self) -> Sequence[Blur]:
        """The slight blur and the other one: Gaussians that fall to 1/255 of their middle at radius + 1 pixels."""
        return [Blur(sigma=(radius + 1) / sqrt(2 * log(255)), border=self.border) for radius in (1, self.radius)]

    def run(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        near, around = self.blurred(gpu, image)
        return gpu.launch("cartoon", near, around, image, self.ramp, shape=image.shape, dtype=image.dtype)

    def blurred(self, gpu: Gpu, image: DeviceArray) -> tuple[DeviceArray, DeviceArray]:
        """Return both blurs of the luminance times alpha, each with the blur of alpha if the image has one."""
        shape = (*image.shape[:2], 1 + has_alpha(image.channels))
        given = gpu.launch("lights", image, shape=shape, dtype=np.float32)
        near, around = (gpu.apply(blur, given) for blur in self.blurs)
        return near, around
