"""Filmic: tone mapping by curves of film."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from imgcuda import Argument, PointFilter, param


class Filmic(PointFilter):
    """Tone-map light of any brightness to a screen's range, with a shoulder and a toe as film has them.

    `hable` is John Hable's curve for Uncharted 2 (GDC 2010), scaled so that light of `white` becomes white; `aces` is
    Krzysztof Narkowicz's fit of the Academy's ACES (2015), which reaches white at about 7.2. Each channel is mapped by
    itself, in linear light, after the exposure. Light below 0 becomes black.
    """

    channelwise = True
    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {"hable": {"curve": "hable"}, "aces": {"curve": "aces"}}

    curve: Literal["hable", "aces"] = param(default="hable", constant=True, help="which curve")
    exposure: float = param(default=1.0, ge=-10, le=10, help="stops by which light is brighter before: each doubles it")
    white: float = param(
        default=11.2, ge=0.1, le=1000, help="of hable: the light, after the exposure, that becomes white"
    )
    transfer: Literal["srgb", "linear"] = param(
        default="srgb",
        constant=True,
        help="how levels stand for light: by sRGB's curve, or in proportion, as in images of floats with a high range",
    )

    def arguments(self) -> Mapping[str, Argument]:
        return {"gain": 2.0**self.exposure, "scale": 1 / hable(self.white) if self.curve == "hable" else 1.0}


def hable(light: float) -> float:
    """Return Hable's curve at `light`, as the kernel computes it."""
    return (light * (0.15 * light + 0.05) + 0.004) / (light * (0.15 * light + 0.5) + 0.06) - 1 / 15
