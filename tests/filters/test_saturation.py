"""Saturation: by hand, against Pillow, and for every color in float64."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import PIL.Image
import pytest
from PIL import ImageEnhance

import imgcuda
from imgcuda.testing import assert_close
from support.luminance import luminance
from support.references import by_colors, matches

Image = npt.NDArray[Any]
Make = Callable[..., Image]

FACTORS = [0, 0.5, 1, 1.5, 2]

# Half a level is rounding. What is beyond is for results so near a half that a float's last bits decide.
TOLERANCE = {"uint8": 0.5001, "uint16": 0.52, "float32": 3e-7}


def saturation(image: Image, device: str, factor: float) -> Image:
    return np.asarray(imgcuda.apply(image, "saturation", device=device, factor=factor))


def formula(factor: float) -> Callable[[Image], Image]:
    """Return the filter in float64, for images of any number of colors."""

    def saturated(colors: Image) -> Image:
        luma = luminance(colors)
        return np.asarray(luma + factor * (colors - luma))

    return saturated


# By hand


@pytest.mark.parametrize(
    ("factor", "expected"),
    [
        (0, [116, 116, 116]),  # 0.299 * 100 + 0.587 * 120 + 0.114 * 140 = 116.3
        (0.5, [108, 118, 128]),
        (1, [100, 120, 140]),
        (2, [84, 124, 164]),
        (100, [0, 255, 255]),
    ],
)
def test_the_distance_from_the_luma_is_multiplied(device: str, factor: float, expected: list[int]) -> None:
    image = np.array([[[100, 120, 140]]], np.uint8)
    assert saturation(image, device, factor).tolist() == [[expected]]


def test_floats_are_not_clipped_and_alpha_stays(device: str) -> None:
    image = np.array([[[1, 0, 0, 0.3], [0, 0, 2, 7]]], np.float32)
    expected = [[[1.701, -0.299, -0.299, 0.3], [-0.228, -0.228, 3.772, 7]]]
    assert_close(saturation(image, device, 2), expected, 1e-5)


# Against Pillow and float64


@pytest.mark.parametrize("factor", FACTORS)
def test_a_picture_matches_pillow(device: str, factor: float, picture: Image) -> None:
    expected = np.asarray(ImageEnhance.Color(PIL.Image.fromarray(picture)).enhance(factor))
    assert_close(saturation(picture, device, factor), expected, 1)  # which rounds the luma, but not the result


@pytest.mark.parametrize("factor", [0.5, 1.5])
def test_every_color_matches_float64(device: str, factor: float, every_color: Image, point_reference: Make) -> None:
    result = saturation(every_color, device, factor)
    for first in range(0, len(every_color), 2**17):  # in parts, since the whole would take gigabytes
        part = slice(first, first + 2**17)
        assert_close(result[part], point_reference(every_color[part], formula(factor)), TOLERANCE["uint8"])


test_any_image_matches_float64 = matches(
    "saturation", lambda image, factor: by_colors(image, formula(factor)), TOLERANCE, settings=[{"factor": 1.3}]
)


def test_the_greatest_factor_is_within_a_level(device: str, random_image: Make, point_reference: Make) -> None:
    image = random_image((300, 517, 3), "uint16")
    assert_close(saturation(image, device, 100), point_reference(image, formula(100)), 1)


# What holds for any image


@pytest.mark.parametrize("factor", [0, 0.3, 1, 7, 100])
@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
@pytest.mark.parametrize("channels", [1, 3])
def test_gray_stays_as_it_is(device: str, channels: int, dtype: str, factor: float, every_level: Make) -> None:
    levels = np.dstack([every_level(dtype)] * channels)
    assert_close(saturation(levels, device, factor), levels)


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_a_factor_of_1_changes_nothing(device: str, dtype: str, random_image: Make) -> None:
    image = random_image((300, 517, 3), dtype)
    assert_close(saturation(image, device, 1), image)


def test_a_factor_of_0_is_grayscale(device: str, random_image: Make) -> None:
    image = random_image((300, 517, 3))
    gray = np.asarray(imgcuda.apply(image, "grayscale", device=device))
    assert_close(saturation(image, device, 0), np.dstack([gray] * 3), 1)
