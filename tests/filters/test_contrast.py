"""Contrast: by hand, against Pillow at the pivot that it would take, and for every level in float64."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import PIL.Image
import pytest
from PIL import ImageEnhance, ImageStat

import imgcuda
from imgcuda.testing import assert_close
from support.references import by_colors, matches

Image = npt.NDArray[Any]
Make = Callable[..., Image]

FACTORS = [0, 0.3, 0.5, 1, 1.2, 1.5, 2, 3, 10]

# Half a level is rounding. What is beyond is for results so near a half that a float's last bits decide.
TOLERANCE = {"uint8": 0.5001, "uint16": 0.51, "float32": 2e-7}


def contrast(image: Image, device: str, **parameters: Any) -> Image:
    return np.asarray(imgcuda.apply(image, "contrast", device=device, **parameters))


def formula(factor: float, pivot: float) -> Callable[[Image], Image]:
    return lambda colors: pivot + factor * (colors - pivot)


# By hand


@pytest.mark.parametrize(
    ("factor", "pivot", "expected"),
    [
        (1.5, 0.5, [0, 11, 86, 236, 255]),  # 1.5 times the distance from 127.5: 100 becomes 127.5 - 41.25
        (0.5, 0.5, [64, 89, 114, 164, 191]),
        (3, 0.2, [0, 48, 198, 255, 255]),  # three times the distance from 51
        (0, 0.2, [51, 51, 51, 51, 51]),
        (1, 0.7, [0, 50, 100, 200, 255]),
    ],
)
def test_the_distance_from_the_pivot_is_multiplied(
    device: str, factor: float, pivot: float, expected: list[int]
) -> None:
    image = np.array([[0, 50, 100, 200, 255]], np.uint8)
    assert contrast(image, device, factor=factor, pivot=pivot).tolist() == [expected]


def test_floats_are_not_clipped(device: str) -> None:
    image = np.array([[0, 0.25, 0.5, 0.75, 2]], np.float32)
    assert contrast(image, device, factor=4).tolist() == [[-1.5, -0.5, 0.5, 1.5, 6.5]]


def test_alpha_stays(device: str) -> None:
    image = np.array([[[50, 100, 200, 40], [0, 0, 0, 255]]], np.uint8)
    assert contrast(image, device, factor=1.5).tolist() == [[[11, 86, 236, 40], [0, 0, 0, 255]]]


# Against Pillow and float64


@pytest.mark.parametrize("factor", FACTORS)
def test_with_the_mean_for_a_pivot_a_picture_matches_pillow(device: str, factor: float, picture: Image) -> None:
    image = PIL.Image.fromarray(picture)
    mean = int(ImageStat.Stat(image.convert("L")).mean[0] + 0.5)
    expected = np.asarray(ImageEnhance.Contrast(image).enhance(factor))
    assert_close(contrast(picture, device, factor=factor, pivot=mean / 255), expected, 1)  # it does not round


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
@pytest.mark.parametrize("pivot", [0, 0.2, 0.5, 1])
@pytest.mark.parametrize("factor", FACTORS)
def test_every_level_matches_float64(
    device: str, factor: float, pivot: float, dtype: str, every_level: Make, point_reference: Make
) -> None:
    levels = every_level(dtype)
    expected = point_reference(levels, formula(factor, pivot))
    assert_close(contrast(levels, device, factor=factor, pivot=pivot), expected, TOLERANCE[dtype])


def test_the_greatest_factor_is_within_a_level(device: str, every_level: Make, point_reference: Make) -> None:
    levels = every_level("uint16")
    expected = point_reference(levels, formula(100, 0.3))
    assert_close(contrast(levels, device, factor=100, pivot=0.3), expected, 1)


test_any_image_matches_float64 = matches(
    "contrast",
    lambda image, factor, pivot: by_colors(image, formula(factor, pivot)),
    TOLERANCE,
    settings=[{"factor": 1.3, "pivot": 0.4}, {"factor": 1.3, "pivot": 0.5}],
)


# What holds for any image


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
@pytest.mark.parametrize("pivot", [0, 0.3, 0.5, 1])
def test_a_factor_of_1_changes_nothing(device: str, pivot: float, dtype: str, random_image: Make) -> None:
    image = random_image((300, 517, 3), dtype)
    assert_close(contrast(image, device, factor=1, pivot=pivot), image)


def test_about_black_it_is_brightness(device: str, random_image: Make) -> None:
    image = random_image((300, 517, 3), "float32")
    brighter = imgcuda.apply(image, "brightness", device=device, factor=1.7)
    assert_close(contrast(image, device, factor=1.7, pivot=0), brighter)
