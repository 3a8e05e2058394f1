"""Brightness: by hand, against Pillow and OpenCV, and for every level in float64."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import PIL.Image
import pytest
from PIL import ImageEnhance

import imgcuda
from imgcuda.testing import assert_close
from support.references import by_colors, matches

Image = npt.NDArray[Any]
Make = Callable[..., Image]

FACTORS = [0, 0.1, 0.3, 0.5, 0.7, 1, 1.1, 1.25, 1.5, 2, 3, 100]

# Half a level is rounding. What is beyond is for results so near a half that a float's last bits decide.
TOLERANCE = {"uint8": 0.5001, "uint16": 0.51, "float32": 1e-7}


def brightness(image: Image, device: str, factor: float) -> Image:
    return np.asarray(imgcuda.apply(image, "brightness", device=device, factor=factor))


# By hand


@pytest.mark.parametrize(
    ("factor", "expected"),
    [(0, [0, 0, 0, 0]), (0.5, [0, 5, 50, 100]), (1, [0, 10, 100, 200]), (1.5, [0, 15, 150, 255])],
)
def test_each_sample_is_multiplied(device: str, factor: float, expected: list[int]) -> None:
    image = np.array([[0, 10, 100, 200]], np.uint8)
    assert brightness(image, device, factor).tolist() == [expected]


def test_floats_are_not_clipped(device: str) -> None:
    image = np.array([[-1, 0.25, 0.75, 2]], np.float32)
    assert brightness(image, device, 2).tolist() == [[-2, 0.5, 1.5, 4]]


def test_alpha_stays(device: str) -> None:
    image = np.array([[[10, 20, 30, 40], [1, 2, 3, 255]]], np.uint8)
    assert brightness(image, device, 3).tolist() == [[[30, 60, 90, 40], [3, 6, 9, 255]]]


# Against Pillow, OpenCV and float64


@pytest.mark.parametrize("factor", FACTORS[:-1])
def test_a_picture_matches_pillow_and_opencv(device: str, factor: float, picture: Image) -> None:
    result = brightness(picture, device, factor)
    cut_off = np.asarray(ImageEnhance.Brightness(PIL.Image.fromarray(picture)).enhance(factor))
    assert_close(result, cut_off, 1)  # Pillow does not round
    assert_close(result, cv2.convertScaleAbs(picture, alpha=factor), 1)


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
@pytest.mark.parametrize("factor", FACTORS)
def test_every_level_matches_float64(
    device: str, factor: float, dtype: str, every_level: Make, point_reference: Make
) -> None:
    levels = every_level(dtype)
    expected = point_reference(levels, lambda colors: colors * factor)
    assert_close(brightness(levels, device, factor), expected, TOLERANCE[dtype])


test_any_image_matches_float64 = matches(
    "brightness",
    lambda image, factor: by_colors(image, lambda colors: np.asarray(colors * factor)),
    TOLERANCE,
    settings=[{"factor": 1.25}],
)


# What holds for any image


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_a_factor_of_1_changes_nothing(device: str, dtype: str, random_image: Make) -> None:
    image = random_image((300, 517, 3), dtype)
    assert_close(brightness(image, device, 1), image)


def test_more_light_is_nowhere_darker(device: str, every_level: Make) -> None:
    results = [brightness(every_level("uint16"), device, factor).ravel().astype(int) for factor in FACTORS]
    assert all((np.diff(result) >= 0).all() for result in results)
    assert all((more >= less).all() for less, more in pairwise(results))
