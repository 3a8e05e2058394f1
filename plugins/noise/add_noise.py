"""Add noise: a camera's, or dust."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar, Literal

from imgcuda import PointFilter, param


class AddNoise(PointFilter):
    """Add noise to an image: for the same seed the same each time, on every device.

    What a sample gets depends on the seed, its channel and its place in the image only. A frame of a video gets the
    noise of the seed plus its number. The random numbers are those of
    Philox4x32-10 (Salmon et al., Parallel random numbers: as easy as 1, 2, 3; SC11).

    `amount` is the standard deviation, as a part of the range from black to white, of gaussian noise, and of uniform
    noise, which goes up to sqrt(3) times as far. Poisson noise is that of light, which comes in photons: 1 / amount^2
    make white, and at a brightness of v the standard deviation is amount * sqrt(v). Salt and pepper stand in place of
    samples, white or black, each with a probability of amount / 2.
    """

    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "noise": {},
        "random-noise": {},
        "gaussian-noise": {"kind": "gaussian"},
        "uniform-noise": {"kind": "uniform"},
        "salt-and-pepper": {"kind": "salt-and-pepper"},
        "impulse-noise": {"kind": "salt-and-pepper"},
        "poisson-noise": {"kind": "poisson"},
        "shot-noise": {"kind": "poisson"},
        "film-grain": {"monochrome": True},
    }

    kind: Literal["gaussian", "uniform", "salt-and-pepper", "poisson"] = param(
        default="gaussian",
        constant=True,
        help="gaussian as of electronics, poisson as of light, salt-and-pepper for samples that are lost, or uniform",
    )
    amount: float = param(
        default=0.1,
        ge=0,
        le=1,
        help="standard deviation as a part of the range, for poisson that at white; for salt-and-pepper the part of the"
        " samples that are replaced",
    )
    seed: int = param(default=0, ge=0, le=2**31 - 1, help="which noise: another number makes another")
    monochrome: bool = param(default=False, constant=True, help="whether all colors of a pixel get the same noise")

    @property
    def channelwise(self) -> bool:
        return self.monochrome

    def for_frame(self, number: int) -> AddNoise:
        """Return the filter with the seed plus the frame's number."""
        return replace(self, seed=(self.seed + number) % 2**31)
