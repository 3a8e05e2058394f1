"""The threshold: at every level that there is, against OpenCV for every color, and in float64."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest

import imgcuda
from imgcuda.testing import assert_close
from support.matrix import matrix

Image = npt.NDArray[Any]
Make = Callable[..., Image]

SHAPES = [(1, 1), (1, 50), (50, 1), (17, 31), (40, 30, 1), (37, 53, 3), (5, 700, 3), (300, 517, 3)]


def threshold(image: Image, device: str, **parameters: Any) -> Image:
    return np.asarray(imgcuda.apply(image, "threshold", device=device, **parameters))


# By hand


def test_what_is_brighter_is_white_and_what_is_as_bright_is_black(device: str) -> None:
    image = np.array([[0, 99, 100, 101, 255]], np.uint8)
    assert threshold(image, device, level=100 / 255).tolist() == [[0, 0, 0, 255, 255]]


def test_a_color_is_as_bright_as_its_luminance(device: str) -> None:
    # Red, green and blue are 76, 150 and 29: 0.299, 0.587 and 0.114 of 255.
    image = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255]]], np.uint8)
    assert threshold(image, device, level=0.5).tolist() == [[0, 255, 0, 255]]
    assert threshold(image, device, level=0.2).tolist() == [[255, 255, 0, 255]]


def test_floats_become_0_and_1(device: str) -> None:
    image = np.array([[-1, 0, 0.25, 0.5, 0.75, 3]], np.float32)
    assert threshold(image, device, level=0.25).tolist() == [[0, 0, 0, 1, 1, 1]]
    assert threshold(image, device, level=1).tolist() == [[0, 0, 0, 0, 0, 1]]


# Every level


def test_each_level_of_8_bits_is_above_those_below_it_only(device: str) -> None:
    levels = np.arange(256, dtype=np.uint8).reshape(16, 16)
    for level in range(256):
        assert_close(threshold(levels, device, level=level / 255), np.where(levels > level, 255, 0))
        if level < 255:  # half-way to the next
            assert_close(threshold(levels, device, level=(level + 0.5) / 255), np.where(levels > level, 255, 0))


def test_each_level_of_16_bits_is_above_those_below_it_only(device: str) -> None:
    levels = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    for level in [*range(0, 65536, 331), 1, 32767, 32768, 65534, 65535]:
        assert_close(threshold(levels, device, level=level / 65535), np.where(levels > level, 65535, 0))


# Every color


@pytest.mark.parametrize("level", [29, 127, 200])
def test_every_color_matches_the_gray_image_of_opencv(device: str, level: int, every_color: Image) -> None:
    gray = imgcuda.apply(every_color, "grayscale", device=device)
    expected = cv2.threshold(gray, level, 255, cv2.THRESH_BINARY)[1]
    assert_close(threshold(every_color, device, level=level / 255), expected)
    assert_close(threshold(gray, device, level=level / 255), expected)


@matrix(shape=SHAPES, dtype=["uint8", "uint16", "float32"])
def test_any_shape_and_type_matches_numpy(device: str, shape: tuple[int, ...], dtype: str, random_image: Make) -> None:
    image = random_image(shape, dtype)
    top = 1 if dtype == "float32" else np.iinfo(dtype).max
    gray = imgcuda.apply(image, "grayscale", device=device)
    assert_close(threshold(image, device, level=0.4), np.where(gray > np.float32(0.4) * top, top, 0))


# What holds for any image


def test_alpha_stays_and_color_becomes_one_channel(device: str, random_image: Make) -> None:
    image = random_image((33, 65, 4))
    made = threshold(image, device)
    assert made.shape == (33, 65, 2)
    assert_close(made[..., 1], image[..., 3])
    assert_close(made[..., 0], threshold(np.ascontiguousarray(image[..., :3]), device))


def test_a_threshold_of_a_threshold_is_the_same(device: str, random_image: Make) -> None:
    made = threshold(random_image((33, 65, 3)), device)
    assert_close(threshold(made, device, level=0.9), made)


def test_the_white_of_a_higher_level_is_white_at_a_lower_one(device: str, random_image: Make) -> None:
    image = random_image((33, 65, 3))
    made = [threshold(image, device, level=level) for level in (0, 0.2, 0.5, 0.8, 1)]
    for lower, higher in pairwise(made):
        assert (lower >= higher).all()
    assert not made[-1].any()
