"""Bloom: by hand, and against SciPy's blur in float64."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import imgcuda
from imgcuda.testing import assert_close
from imgcuda.testing.contract_checks import random_image
from support.luminance import blurred, luminance, parts, put_together
from support.matrix import exhaustive
from support.references import BORDERS, matches

Image = npt.NDArray[Any]


def exact(
    image: Image,
    threshold: float = 0.5,
    softness: float = 0.25,
    sigma: float = 10,
    strength: float = 0.5,
    limit_exposure: bool = False,
    border: str = "reflect",
) -> Image:
    colors, alpha = parts(image)
    part = np.clip((luminance(colors) - threshold + softness) / max(2 * softness, 1e-6), 0, 1)
    light = blurred(strength * part * colors * alpha, sigma, border)
    made = colors + light * (1 - colors if limit_exposure else 1)
    return put_together(image, np.where(alpha > 0, made, 0), alpha)


def test_what_is_dark_does_not_shine(device: str) -> None:
    image = np.full((20, 20, 3), 63, np.uint8)  # below 0.5 - 0.25
    assert_close(imgcuda.apply(image, "bloom", device=device), image)


def test_an_even_image_gets_brighter_by_its_own_light(device: str) -> None:
    image = np.full((20, 20), 0.5, np.float32)  # which shines half
    assert_close(imgcuda.apply(image, "bloom", device=device), np.full((20, 20), 0.5 + 0.5 * 0.5 * 0.5), 1e-4)
    made = imgcuda.apply(image, "bloom", device=device, limit_exposure=True)
    assert_close(made, np.full((20, 20), 0.5 + 0.125 * 0.5), 1e-4)


def test_a_bright_spot_shines_around(device: str) -> None:
    image = np.zeros((61, 61), np.float32)
    image[30, 30] = 1
    made = np.asarray(imgcuda.apply(image, "bloom", device=device, sigma=3, strength=2))
    rows, columns = np.indices((61, 61)) - 30
    light = 2 * np.exp(-(rows**2 + columns**2) / 18) / (18 * np.pi)
    near = np.hypot(rows, columns) < 9
    assert_close(made[near] - image[near], light[near], 1e-4)


test_any_image_matches_scipy = matches(
    "bloom",
    exact,
    {"uint8": 1, "uint16": 20, "float32": 3e-4},  # blur's own tolerance
    settings=[{}, {"strength": 2.0, "threshold": 0.3, "limit_exposure": True}],
)


@pytest.mark.parametrize("border", [exhaustive(border) for border in BORDERS])
def test_beyond_the_edge_is_what_the_border_says(device: str, border: str) -> None:
    image = random_image((40, 50), "uint8")
    made = imgcuda.apply(image, "bloom", device=device, border=border, sigma=4)
    assert_close(made, exact(image, border=border, sigma=4), 1)
