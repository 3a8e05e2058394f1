"""Temperature: by published whites and CSS's adaptation from D50, and by the matrix in float64 for any image."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import imgcuda
from imgcuda.testing import assert_close
from imgcuda_plugins.color import temperature as tested
from support.references import by_colors, matches

Image = npt.NDArray[Any]

TOLERANCE = {"uint8": 0.501, "uint16": 0.6, "float32": 3e-6}

D50_TO_D65 = np.array(
    [
        [0.955473421488075, -0.02309845494876471, 0.06325924320057072],
        [-0.0283697093338637, 1.0099953980813041, 0.021041441191917323],
        [0.012314014864481998, -0.020507649298898964, 1.330365926242124],
    ]
)
"""The Bradford adaptation of CIE XYZ, as CSS Color 4 prints it."""


def temperature(image: Image, device: str, **parameters: Any) -> Image:
    return np.asarray(imgcuda.apply(image, "temperature", device=device, **parameters))


def xy_of_uv(uv: Image) -> Image:
    return np.asarray(np.array([3 * uv[0], 2 * uv[1]]) / (2 * uv[0] - 8 * uv[1] + 4))


def exact(colors: Image, temperature: float, tint: float = 0) -> Image:
    """Return the result in float64, with the matrix that is tested by itself."""
    size = np.broadcast_to(colors, (*colors.shape[:2], 3))
    linear = np.where(size > 0.04045, ((size + 0.055) / 1.055) ** 2.4, size / 12.92)
    light = linear @ tested.adaptation(temperature, tint).T
    bright = np.sign(light) * 1.055 * np.abs(light) ** (1 / 2.4) - np.sign(light) * 0.055
    return np.asarray(np.where(np.abs(light) > 0.0031308, bright, 12.92 * light))


@pytest.mark.parametrize(
    ("kelvins", "x", "y"),
    [
        (5003, 0.3457, 0.3585),  # D50
        (5503, 0.3324, 0.3474),  # D55
        (6504, 0.3127, 0.3290),  # D65
        (7504, 0.2990, 0.3149),  # D75
        (2856, 0.44757, 0.40745),  # illuminant A, an incandescent lamp
        (2000, 0.5267, 0.4133),  # of Planck's locus
    ],
)
def test_the_locus_has_the_published_whites(kelvins: float, x: float, y: float) -> None:
    assert xy_of_uv(tested.locus(kelvins)) == pytest.approx([x, y], abs=6e-4)


def test_the_adaptation_from_d50_is_that_of_css() -> None:
    to_xyz = tested.XYZ_OF_RGB
    made = to_xyz @ tested.adaptation(5003, 0) @ np.linalg.inv(to_xyz)
    assert made == pytest.approx(D50_TO_D65, abs=2e-3)


def test_the_neutral_white_changes_nothing(device: str) -> None:
    image = np.arange(255, dtype=np.uint8).reshape(5, 17, 3)
    assert_close(temperature(image, device, temperature=6500), image)


def test_the_white_of_the_light_becomes_white() -> None:
    for kelvins, tint in ((3000.0, 0.0), (9000.0, 40.0), (5200.0, -30.0)):
        light = np.linalg.inv(tested.XYZ_OF_RGB) @ tested.xyz_of_uv(tested.white(kelvins, tint))
        assert tested.adaptation(kelvins, tint) @ light == pytest.approx([1, 1, 1], abs=1e-9)


@pytest.mark.exhaustive
def test_linear_samples_are_light_themselves(device: str) -> None:
    image = np.array([[[0.2, 0.5, 0.7], [-1, 2, 0]]], np.float32)
    made = temperature(image, device, temperature=3000, transfer="linear")
    assert_close(made, image @ tested.adaptation(3000, 0).T, 1e-5)


def test_hotter_is_warmer_and_tint_is_magenta(device: str) -> None:
    gray = np.full((1, 1), 128, np.uint8)
    (red, _, blue), (cold_red, _, cold_blue) = (
        temperature(gray, device, temperature=kelvins)[0, 0].astype(int) for kelvins in (9000.0, 4500.0)
    )
    assert red > 128 > blue
    assert cold_red < 128 < cold_blue
    red, green, blue = temperature(gray, device, temperature=6500, tint=50)[0, 0]
    assert green < 128 < min(red, blue)


test_any_image_matches_float64 = matches(
    "temperature",
    lambda image, **given: by_colors(image, lambda colors: exact(colors, **given)),
    TOLERANCE,
    settings=[{"temperature": 3200.0, "tint": 20.0}],
)
