"""Invert: by hand, against OpenCV for every level, and in float64."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest

import imgcuda
from imgcuda.testing import assert_close
from support.references import by_colors, matches

Image = npt.NDArray[Any]
Make = Callable[..., Image]


def invert(image: Image, device: str) -> Image:
    return np.asarray(imgcuda.apply(image, "invert", device=device))


# By hand


def test_each_sample_is_taken_from_white(device: str) -> None:
    assert invert(np.array([[0, 1, 100, 255]], np.uint8), device).tolist() == [[255, 254, 155, 0]]
    assert invert(np.array([[0, 1, 300, 65535]], np.uint16), device).tolist() == [[65535, 65534, 65235, 0]]
    assert invert(np.array([[0, 0.25, 1, 3, -1]], np.float32), device).tolist() == [[1, 0.75, 0, -2, 2]]


def test_a_color_becomes_its_opposite_and_alpha_stays(device: str) -> None:
    red_and_orange = np.array([[[255, 0, 0, 7], [255, 165, 0, 0]]], np.uint8)
    assert invert(red_and_orange, device).tolist() == [[[0, 255, 255, 7], [0, 90, 255, 0]]]


# Against OpenCV and float64


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_every_level_matches_opencv(device: str, dtype: str, every_level: Make) -> None:
    levels = every_level(dtype)
    assert_close(invert(levels, device), cv2.bitwise_not(levels))


test_any_image_matches_float64 = matches(
    "invert",
    lambda image: by_colors(image, lambda colors: 1 - colors),
    {"uint8": 1e-9, "uint16": 1e-9, "float32": 6e-8},
)


# What holds for any image


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_twice_is_the_image_again(device: str, dtype: str, random_image: Make) -> None:
    image = random_image((300, 517, 4), dtype)
    assert_close(invert(invert(image, device), device), image)
