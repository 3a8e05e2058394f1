"""Filmic: by hand, and by Hable's and Narkowicz's formulas in float64 for any image."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import imgcuda
from imgcuda.testing import assert_close
from support.matrix import exhaustive
from support.references import by_colors, matches

Image = npt.NDArray[Any]


def filmic(image: Image, device: str, **parameters: Any) -> Image:
    return np.asarray(imgcuda.apply(image, "filmic", device=device, **parameters))


def hable(x: Image) -> Image:
    a, b, c, d, e, f = 0.15, 0.50, 0.10, 0.20, 0.02, 0.30
    return np.asarray((x * (a * x + c * b) + d * e) / (x * (a * x + b) + d * f) - e / f)


def aces(x: Image) -> Image:
    a, b, c, d, e = 2.51, 0.03, 2.43, 0.59, 0.14
    return np.clip((x * (a * x + b)) / (x * (c * x + d) + e), 0, 1)


def exact(colors: Image, curve: str = "hable", transfer: str = "srgb", exposure: float = 1.0) -> Image:
    light = colors
    if transfer == "srgb":
        light = np.where(colors <= 0.04045, colors / 12.92, ((colors + 0.055) / 1.055) ** 2.4)
    light = light * 2**exposure
    made = hable(light) / hable(np.array(11.2)) if curve == "hable" else aces(light)
    if transfer == "linear":
        return made
    return np.where(made <= 0.0031308, made * 12.92, 1.055 * np.maximum(made, 1e-9) ** (1 / 2.4) - 0.055)


@pytest.mark.parametrize(
    ("curve", "light", "made"),
    [
        ("hable", 0.0, 0.0),
        ("hable", 11.2, 1.0),
        ("hable", 2.0, 0.4929),  # (0.704 / 1.66 - 1/15) / 0.7251
        ("aces", 0.0, 0.0),
        ("aces", 1.0, 0.8038),  # 2.54 / 3.16
        ("aces", 8.0, 1.0),
    ],
)
def test_light_is_as_bright_as_the_curve_says(device: str, curve: str, light: float, made: float) -> None:
    image = np.full((3, 4), light, np.float32)
    result = filmic(image, device, curve=curve, exposure=0, transfer="linear")
    assert_close(result, np.full(image.shape, made), 1e-3)
    assert_close(filmic(image / 8, device, curve=curve, exposure=3, transfer="linear"), result, 1e-6)


def test_light_without_an_end_is_bright_and_below_0_black(device: str) -> None:
    image = np.array([[-1, 1e20, np.inf, np.nan]], np.float32)
    made = filmic(image, device, transfer="linear", exposure=0)
    assert made[0, 0] == 0
    assert_close(made[0, 1:3], [1.2871] * 2, 1e-3)  # (1 - 1/15) / 0.7251
    assert np.isnan(made[0, 3])


@pytest.mark.parametrize("curve", ["hable", exhaustive("aces")])
def test_more_light_is_never_darker(device: str, curve: str) -> None:
    levels = np.arange(256, dtype=np.uint8).reshape(16, 16)
    made = filmic(levels, device, curve=curve).astype(np.int64)
    assert (np.diff(made.ravel()) >= 0).all()


test_any_image_matches_the_formula = matches(
    "filmic",
    lambda image, **parameters: by_colors(image, lambda colors: exact(colors, **parameters)),
    {"uint8": 0.501, "uint16": 1.0, "float32": 3e-6},
    settings=[{}, {"exposure": -1.0}],
    curve=["hable", "aces"],
    transfer=["srgb", "linear"],
)
