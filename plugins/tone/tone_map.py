"""Tone map: light of any range for a screen, as bright as a photographer would print it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from imgcuda import DeviceArray, Filter, Gpu, Layout, MeasuringFilter, PointFilter, param

LOWEST, STOP, STOPS = -17, 1 << 15, 48
"""Logarithms are counted from 2^LOWEST on, in STOPths of a stop, up to STOPS stops: 1024 of them fit into 32 bits."""

FINE = STOP // 512
"""Of these, FINE make a step of 1/512 of a stop, in which the brightest is known."""

STEPS = STOPS * STOP // FINE

DARKEST_WHITE = 1e-4
"""Keeps the white of a black image from being 0."""

Transfer = Literal["srgb", "linear"]


class ToneMap(MeasuringFilter):
    """Tone-map an image by its own brightness: middle gray for the average, and white for the brightest.

    This is the global operator of Reinhard, Stark, Shirley and Ferwerda (Photographic tone reproduction for digital
    images, 2002). The luminance, Rec. 709 of linear light, is multiplied by key / average; what is then L becomes
    L (1 + L / white^2) / (1 + L), and colors keep their proportions. The average is exp(mean(log(luminance + 1e-5))).
    The brightest is rounded down, by less than 1/512 of a stop, and is at most 2^31. What is infinite or not a number
    is not measured; transparent pixels count as others do. `filmic` maps light that is exposed already, by a fixed
    curve for each channel. OpenCV's TonemapReinhard is another operator, of 2005.
    """

    layout = Layout(over="image", block=(256, 1), rows=4)
    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {"reinhard": {}}

    key: float = param(default=0.18, ge=0.01, le=1, help="what the average becomes before the curve: bright or dark")
    white: float = param(
        default=0.0, ge=0, le=1000, help="the luminance L that becomes white; 0 for that of the brightest pixel"
    )
    transfer: Transfer = param(
        default="srgb",
        constant=True,
        help="how levels stand for light: by sRGB's curve, or in proportion, as in images of floats with a high range",
    )

    def measure(self, gpu: Gpu, image: DeviceArray) -> DeviceArray:
        """Return the number of pixels, the sum of their logarithms, and how often blocks have each brightest step."""
        constants = {"LOWEST": LOWEST, "STOP": STOP, "FINE": FINE, "STEPS": STEPS}
        return gpu.reduce("tone_map", image, shape=(2 + STEPS, 1, 1), dtype=np.uint64, constants=constants)

    def resolve(self, found: npt.NDArray[Any]) -> Filter:
        number, total, *_ = found.ravel()
        gain = self.key / 2.0 ** (total / max(number, 1) / STOP + LOWEST)
        step = int(np.flatnonzero(found[2:]).max(initial=0))
        brightest = 2.0 ** (step * FINE / STOP + LOWEST) - 1e-5
        white = max(self.white or gain * brightest, DARKEST_WHITE)
        return ReinhardCurve(gain=gain, burn=1 / white**2, transfer=self.transfer)


class ReinhardCurve(PointFilter):
    """Multiply light by a gain, and compress it by Reinhard's curve."""

    gain: float = param(help="what light is multiplied by")
    burn: float = param(help="1 / white^2")
    transfer: Transfer = param(constant=True, help="how levels stand for light")
