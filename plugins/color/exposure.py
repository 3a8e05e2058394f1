"""Exposure: as if the shutter had been open for longer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from imgcuda import Argument, PointFilter, param


class Exposure(PointFilter):
    """Change the exposure by stops: each is twice the light.

    The result is (light - black_level) / (2 ** -ev - black_level), as of GEGL's and GIMP's Exposure, in linear light:
    samples are taken as sRGB, unless `transfer` says that they are linear.
    """

    channelwise = True
    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {"adjust-exposure": {}}

    ev: float = param(default=1.0, ge=-10, le=10, help="stops: 1 doubles the light, -1 halves it")
    black_level: float = param(default=0.0, ge=-0.1, le=0.1, help="the light that becomes black")
    transfer: Literal["srgb", "linear"] = param(
        default="srgb",
        constant=True,
        help="what samples are: srgb as nearly all files have, linear for light itself, as with --linear",
    )

    def arguments(self) -> Mapping[str, Argument]:
        gain = 1 / max(2**-self.ev - self.black_level, 1e-6)
        return {"gain": gain, "black_level": self.black_level}
