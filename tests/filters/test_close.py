"""Closing: by hand, the same as SciPy's and OpenCV's, and nothing more to do a second time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from scipy import ndimage

import imgcuda
from imgcuda.testing import assert_close
from support.morphology import ODD, SIZES, scipys, shape_of, tolerance
from support.references import BORDERS, matches

Image = npt.NDArray[Any]
Make = Callable[..., Image]


def closed(image: Image, device: str, **parameters: Any) -> Image:
    return np.asarray(imgcuda.apply(image, "close", device=device, **parameters))


# By hand


def test_a_dark_point_is_filled_and_a_dark_line_stays(device: str) -> None:
    image = np.array([[9, 1, 9, 9, 3, 3, 2, 9]], np.uint8)
    assert closed(image, device).tolist() == [[9, 9, 9, 9, 3, 3, 3, 9]]
    assert closed(image, device, radius=9).tolist() == [[9, 9, 9, 9, 9, 9, 9, 9]]


# Against SciPy and OpenCV

test_any_image_at_any_border_matches_scipy = matches("close", scipys(ndimage.grey_closing), tolerance, border=BORDERS)


@pytest.mark.parametrize("size", SIZES)
def test_iterations_match_opencv(device: str, size: dict[str, Any], random_image: Make) -> None:
    image = random_image((61, 230))
    for iterations in (1, 3):
        made = closed(image, device, iterations=iterations, **size)
        assert_close(made, cv2.morphologyEx(image, cv2.MORPH_CLOSE, shape_of(**size), iterations=iterations))


# What holds for any image


@pytest.mark.parametrize("size", SIZES)
def test_it_is_never_darker_and_the_second_time_changes_nothing(
    device: str, size: dict[str, Any], random_image: Make
) -> None:
    image = random_image((61, 230))
    once = closed(image, device, **size)
    assert (once >= image).all()
    assert_close(closed(once, device, **size), once)


def test_a_footprint_without_symmetry_moves_nothing(device: str, random_image: Make) -> None:
    image = random_image((61, 230))
    once = closed(image, device, footprint=ODD)
    assert_close(once, ndimage.grey_closing(image, footprint=ODD))
    assert_close(closed(once, device, footprint=ODD)[10:-10, 10:-10], once[10:-10, 10:-10])
