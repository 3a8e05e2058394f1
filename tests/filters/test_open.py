"""Opening: by hand, the same as SciPy's and OpenCV's, and nothing more to do a second time."""

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


def opened(image: Image, device: str, **parameters: Any) -> Image:
    return np.asarray(imgcuda.apply(image, "open", device=device, **parameters))


# By hand


def test_a_bright_point_goes_and_a_bright_line_stays(device: str) -> None:
    image = np.array([[1, 9, 1, 1, 7, 7, 8, 1]], np.uint8)
    assert opened(image, device).tolist() == [[1, 1, 1, 1, 7, 7, 7, 1]]
    assert opened(image, device, radius=9).tolist() == [[1, 1, 1, 1, 1, 1, 1, 1]]


# Against SciPy and OpenCV

test_any_image_at_any_border_matches_scipy = matches("open", scipys(ndimage.grey_opening), tolerance, border=BORDERS)


@pytest.mark.parametrize("size", SIZES)
def test_iterations_match_opencv(device: str, size: dict[str, Any], random_image: Make) -> None:
    image = random_image((61, 230))
    for iterations in (1, 3):
        made = opened(image, device, iterations=iterations, **size)
        assert_close(made, cv2.morphologyEx(image, cv2.MORPH_OPEN, shape_of(**size), iterations=iterations))


# What holds for any image


@pytest.mark.parametrize("size", SIZES)
def test_it_is_never_brighter_and_the_second_time_changes_nothing(
    device: str, size: dict[str, Any], random_image: Make
) -> None:
    image = random_image((61, 230))
    once = opened(image, device, **size)
    assert (once <= image).all()
    assert_close(opened(once, device, **size), once)


def test_a_footprint_without_symmetry_moves_nothing(device: str, random_image: Make) -> None:
    image = random_image((61, 230))
    once = opened(image, device, footprint=ODD)
    assert_close(once, ndimage.grey_opening(image, footprint=ODD))
    assert_close(opened(once, device, footprint=ODD)[10:-10, 10:-10], once[10:-10, 10:-10])
