"""Exposure: by hand, and by the formula in float64, with the curve of sRGB written once more."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import imgcuda
from imgcuda.testing import assert_close
from support.references import by_colors, matches

Image = npt.NDArray[Any]

TOLERANCE = {"uint8": 0.501, "uint16": 0.6, "float32": 1e-6}


def exposure(image: Image, device: str, **parameters: Any) -> Image:
    return np.asarray(imgcuda.apply(image, "exposure", device=device, **parameters))


def to_linear(values: Image) -> Image:
    size = np.abs(values)
    return np.sign(values) * np.where(size > 0.04045, ((size + 0.055) / 1.055) ** 2.4, size / 12.92)


def to_srgb(light: Image) -> Image:
    size = np.abs(light)
    return np.sign(light) * np.where(size > 0.0031308, 1.055 * size ** (1 / 2.4) - 0.055, 12.92 * size)


def exact(colors: Image, ev: float, black_level: float = 0) -> Image:
    return to_srgb((to_linear(colors) - black_level) / (2.0**-ev - black_level))


def test_a_stop_is_twice_the_light(device: str) -> None:
    image = np.array([[0, 10, 188, 128]], np.uint8)  # 188 is half of white's light, and 128 a fifth of it
    assert exposure(image, device, ev=1).tolist() == [[0, 18, 255, 176]]
    assert exposure(np.array([[255]], np.uint8), device, ev=-1).tolist() == [[188]]


@pytest.mark.exhaustive
def test_linear_samples_are_multiplied(device: str) -> None:
    image = np.array([[0.25, 2, -1]], np.float32)
    assert_close(exposure(image, device, ev=1, transfer="linear"), [[0.5, 4, -2]])
    expected = [[0.15 / 0.9, 1.9 / 0.9, -1.1 / 0.9]]
    assert_close(exposure(image, device, ev=0, black_level=0.1, transfer="linear"), expected, 1e-6)


test_any_image_matches_float64 = matches(
    "exposure",
    lambda image, **given: by_colors(image, lambda colors: exact(colors, **given)),
    TOLERANCE,
    settings=[{"ev": -1.3, "black_level": 0.02}],
)


def test_no_stop_changes_no_level(device: str) -> None:
    levels = np.arange(256, dtype=np.uint8).reshape(16, 16)
    assert_close(exposure(levels, device, ev=0), levels)


def test_a_stop_and_one_back_is_the_same_light(device: str) -> None:
    image = np.array([[0.001, 0.02, 0.3, 0.9, 3, -0.4]], np.float32)
    assert_close(exposure(exposure(image, device, ev=2.5), device, ev=-2.5), image, 3e-6)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 0.0])
def test_what_has_no_light_stays(device: str, value: float) -> None:
    assert_close(exposure(np.array([[value]], np.float32), device), [[value]])
