"""Temperature: a picture as in light of another color temperature."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from imgcuda import Argument, PointFilter, param

Numbers = npt.NDArray[np.float64]

XYZ_OF_RGB = np.array([[506752, 87881, 12673], [87098, 175762, 12673], [7918, 87881, 1001167]])
XYZ_OF_RGB = XYZ_OF_RGB / np.array([[1228815, 245763, 70218], [409605, 245763, 175545], [409605, 737289, 1053270]])
"""From linear sRGB to CIE XYZ, in the fractions of CSS Color 4."""

BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
"""From CIE XYZ to the eye's three responses, as Bradford's adaptation has them."""

D65 = 0.3127, 0.3290
"""The chromaticity of sRGB's white."""

NEUTRAL = 6500.0
"""Kelvins at which nothing changes: the locus at this temperature is moved to D65 exactly."""


class Temperature(PointFilter):
    """Make a picture warmer or cooler, by the color temperature of its light, or greener or more magenta.

    `temperature` is what a raw converter's is: the color temperature of the light in which the picture was taken, which
    becomes white; 6500 K leaves it as it is. Colors are adapted from that white to D65 by the Bradford matrix, in
    linear light. The white is on CIE's daylight locus (CIE 15:2004) from 4000 K on, and on Planck's below (Kim et al.
    2002); `tint` moves it across the locus, in CIE 1960 uv, by a 3000th each. A gray image becomes one of three colors.
    """

    aliases: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "color-temperature": {},
        "warm": {"temperature": 8000.0},
        "cool": {"temperature": 5000.0},
    }
    channels: ClassVar[Literal[3]] = 3

    temperature: float = param(
        default=8000.0, ge=1700, le=25000, help="the light's, in kelvins: above 6500 makes the picture warmer"
    )
    tint: float = param(default=0.0, ge=-150, le=150, help="above 0 makes the picture more magenta, below 0 greener")
    transfer: Literal["srgb", "linear"] = param(
        default="srgb",
        constant=True,
        help="what samples are: srgb as nearly all files have, linear for light itself, as with --linear",
    )

    def arguments(self) -> Mapping[str, Argument]:
        return {"matrix": adaptation(self.temperature, self.tint).astype(np.float32)}


def adaptation(temperature: float, tint: float) -> Numbers:
    """Return the matrix that makes the white of a light that of D65, in linear sRGB."""
    cone = BRADFORD @ XYZ_OF_RGB
    gains = (cone @ np.ones(3)) / (BRADFORD @ xyz_of_uv(white(temperature, tint)))
    made: Numbers = np.linalg.inv(cone) @ (gains[:, None] * cone)
    return made


def white(temperature: float, tint: float) -> Numbers:
    """Return the chromaticity of a light's white, in CIE 1960 uv."""
    at, above, below = locus(temperature), locus(temperature + 1), locus(temperature - 1)
    along = (above - below) / np.linalg.norm(above - below)
    across = np.array([along[1], -along[0]])  # toward green: hotter light has a smaller u
    across *= np.sign(across[1]) or 1
    return at + uv_of_xy(*D65) - locus(NEUTRAL) + across * (tint / 3000)


def locus(temperature: float) -> Numbers:
    """Return the chromaticity of daylight, or below 4000 K of a glowing body, in CIE 1960 uv."""
    k = 1000 / temperature
    if temperature < 4000:
        x = -0.2661239 * k**3 - 0.2343589 * k**2 + 0.8776956 * k + 0.179910
        a, b, c, d = (-1.1063814, -1.34811020, 2.18555832, -0.20219683)
        if temperature >= 2222:
            a, b, c, d = (-0.9549476, -1.37418593, 2.09137015, -0.16748867)
        return uv_of_xy(x, a * x**3 + b * x**2 + c * x + d)
    if temperature <= 7000:
        x = -4.6070 * k**3 + 2.9678 * k**2 + 0.09911 * k + 0.244063
    else:
        x = -2.0064 * k**3 + 1.9018 * k**2 + 0.24748 * k + 0.237040
    return uv_of_xy(x, -3.000 * x**2 + 2.870 * x - 0.275)


def uv_of_xy(x: float, y: float) -> Numbers:
    return np.array([4 * x, 6 * y]) / (-2 * x + 12 * y + 3)


def xyz_of_uv(uv: Numbers) -> Numbers:
    """Return CIE XYZ of a chromaticity, with a luminance of 1."""
    u, v = uv
    x, y = np.array([3 * u, 2 * v]) / (2 * u - 8 * v + 4)
    return np.array([x / y, 1, (1 - x - y) / y])
