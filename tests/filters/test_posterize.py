"""Posterize: by hand, against OpenCV's threshold, and every sample at every number of levels in whole numbers."""

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


# Half a level is rounding. What is beyond is for results so near a half that a float's last bits decide.
TOLERANCE = {"uint8": 0.5001, "uint16": 0.51, "float32": 1e-7}


def posterize(image: Image, device: str, levels: int) -> Image:
    return np.asarray(imgcuda.apply(image, "posterize", device=device, levels=levels))


def formula(levels: int) -> Callable[[Image], Image]:
    return lambda colors: np.rint(colors * (levels - 1)) / (levels - 1)


# By hand


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        (2, [0, 0, 0, 0, 255, 255, 255, 255]),
        (4, [0, 0, 85, 85, 170, 170, 255, 255]),
        (256, [0, 42, 43, 127, 128, 212, 213, 255]),
    ],
)
def test_each_sample_goes_to_the_nearest_level(device: str, levels: int, expected: list[int]) -> None:
    image = np.array([[0, 42, 43, 127, 128, 212, 213, 255]], np.uint8)
    assert posterize(image, device, levels).tolist() == [expected]


def test_16_bits_and_floats_have_the_same_levels(device: str) -> None:
    shorts = np.array([[0, 10922, 10923, 32767, 32768, 54613, 65535]], np.uint16)
    assert posterize(shorts, device, 4).tolist() == [[0, 0, 21845, 21845, 43690, 65535, 65535]]
    floats = np.array([[0, 0.1, 0.2, 0.6, 0.9, 1]], np.float32)
    assert_close(posterize(floats, device, 4), [[0, 0, 1 / 3, 2 / 3, 1, 1]], 1e-7)


def test_floats_beyond_0_and_1_go_on_in_the_same_steps(device: str) -> None:
    image = np.array([[-1, -0.4, 1.4, 2]], np.float32)
    assert_close(posterize(image, device, 4), [[-1, -1 / 3, 4 / 3, 2]], 2e-7)


def test_alpha_stays(device: str) -> None:
    image = np.array([[[42, 43, 128, 40], [0, 255, 127, 200]]], np.uint8)
    assert posterize(image, device, 2).tolist() == [[[0, 0, 255, 40], [0, 255, 0, 200]]]


# Against OpenCV and whole numbers


def test_two_levels_are_a_threshold(device: str, picture: Image) -> None:
    assert_close(posterize(picture, device, 2), cv2.threshold(picture, 127, 255, cv2.THRESH_BINARY)[1])


@pytest.mark.parametrize(("dtype", "missed"), [("uint8", 0), ("uint16", 21)])
def test_every_sample_goes_to_the_nearest_of_any_number_of_levels(
    device: str, dtype: str, missed: int, every_level: Make
) -> None:
    samples = every_level(dtype)
    top, wrong = int(samples.max()), 0
    for levels in range(2, 257):
        steps = levels - 1
        doubled = 2 * samples.astype(np.int64) * steps
        nearest = (doubled + top) // (2 * top)  # the middle of two is at odd multiples of `top`: no sample is there
        other = np.abs(posterize(samples, device, levels) - nearest * top / steps) > TOLERANCE[dtype]
        assert (np.abs(doubled % (2 * top) - top)[other] == 1).all()
        wrong += int(np.count_nonzero(other))
    # Measured: from 152 levels on, some of the samples that are next to a middle go to the level on its other side.
    assert wrong == missed


test_any_image_matches_float64 = matches(
    "posterize", lambda image, levels: by_colors(image, formula(levels)), TOLERANCE, settings=[{"levels": 6}]
)


# What holds for any image


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("levels", [2, 3, 7, 50, 256])
def test_twice_is_once_and_no_more_tones_are_left(device: str, levels: int, dtype: str, random_image: Make) -> None:
    once = posterize(random_image((300, 517, 3), dtype), device, levels)
    assert len(np.unique(once)) <= levels
    assert_close(posterize(once, device, levels), once)


@pytest.mark.parametrize("levels", [2, 3, 42, 100, 256])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_black_and_white_stay(device: str, dtype: str, levels: int) -> None:
    white = 1 if dtype == "float32" else np.iinfo(dtype).max
    image = np.array([[0, white]], dtype)
    assert_close(posterize(image, device, levels), image, 1e-7 if dtype == "float32" else 0)
