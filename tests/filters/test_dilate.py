"""Dilation: by hand, the same as SciPy's and OpenCV's, and as the erosion of the inverted image."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy import ndimage

import imgcuda
from imgcuda.testing import assert_close
from support.morphology import ODD, SIZES, scipys, tolerance
from support.references import BORDERS, matches

Image = npt.NDArray[Any]
Make = Callable[..., Image]


def dilate(image: Image, device: str, **parameters: Any) -> Image:
    return np.asarray(imgcuda.apply(image, "dilate", device=device, **parameters))


# By hand


def test_a_bright_point_becomes_the_footprint(device: str) -> None:
    image = np.zeros((5, 7), np.float32)
    image[2, 3] = 1
    assert dilate(image, device, footprint=ODD)[1:4, 1:6].tolist() == ODD.tolist()


def test_a_row_of_numbers_by_hand(device: str) -> None:
    image = np.array([[5, 3, 8, 9, 7, 6]], np.uint8)
    assert dilate(image, device).tolist() == [[5, 8, 9, 9, 9, 7]]
    assert dilate(image, device, radius=9).tolist() == [[9, 9, 9, 9, 9, 9]]
    assert dilate(image, device, border="wrap").tolist() == [[6, 8, 9, 9, 9, 7]]


# Against SciPy

test_any_image_at_any_border_matches_scipy = matches("dilate", scipys(ndimage.grey_dilation), tolerance, border=BORDERS)


def test_any_footprint_matches_scipy(device: str, random_image: Make) -> None:
    image = random_image((61, 230))
    for footprint in (ODD, ODD.T, np.ones((5, 9))):
        assert_close(dilate(image, device, footprint=footprint), ndimage.grey_dilation(image, footprint=footprint))


# What holds for any dilation


@pytest.mark.parametrize("size", SIZES)
def test_it_is_the_erosion_of_the_inverted_image(device: str, size: dict[str, Any], random_image: Make) -> None:
    image = random_image((61, 230))
    assert_close(dilate(image, device, **size), 255 - imgcuda.apply(255 - image, "erode", device=device, **size))


def test_floats_beyond_0_and_1_and_negative_ones_keep_their_order(device: str) -> None:
    image = np.linspace(-3e5, -2e5, 49, dtype=np.float32).reshape(7, 7)
    assert dilate(image, device, radius=8)[3, 3] == image[6, 6]
    assert dilate(image, device, border="constant")[0].tolist() == [0] * 7


@pytest.mark.parametrize("value", [np.nan, -np.nan, -np.inf])
def test_what_is_not_a_number_or_infinite_does_not_count_beside_numbers(
    device: str, value: float, random_image: Make
) -> None:
    image = random_image((40, 50), np.float32)
    image[20, 30] = -1.0
    for size in SIZES:
        before = dilate(image, device, **size)
        spoiled = image.copy()
        spoiled[20, 30] = value
        assert_close(dilate(spoiled, device, **size), before)


# Alpha


def test_the_colors_of_transparent_pixels_do_not_count(device: str) -> None:
    image = np.zeros((1, 5, 4), np.uint8)
    image[0, :2] = (200, 100, 40, 255)
    image[0, 2:] = (255, 255, 255, 0)
    assert dilate(image, device).tolist() == [[[200, 100, 40, 255]] * 3 + [[0] * 4] * 2]
