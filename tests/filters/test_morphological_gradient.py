"""The morphological gradient: by hand, and the same as SciPy's and OpenCV's."""

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
from support.morphology import SIZES, scipys, shape_of, tolerance_of_differences
from support.references import BORDERS, matches

Image = npt.NDArray[Any]
Make = Callable[..., Image]


def gradient(image: Image, device: str, **parameters: Any) -> Image:
    return np.asarray(imgcuda.apply(image, "morphological-gradient", device=device, **parameters))


# By hand


def test_a_step_becomes_a_line(device: str) -> None:
    image = np.array([[2, 2, 2, 9, 9, 9]], np.uint8)
    assert gradient(image, device).tolist() == [[0, 0, 7, 7, 0, 0]]
    assert gradient(image, device, radius=9).tolist() == [[7, 7, 7, 7, 7, 7]]


# Against SciPy and OpenCV

test_any_image_at_any_border_matches_scipy = matches(
    "morphological-gradient",
    scipys(ndimage.morphological_gradient, keep_alpha=True),
    tolerance_of_differences,
    border=BORDERS,
)


@pytest.mark.parametrize("size", SIZES)
def test_iterations_match_opencv(device: str, size: dict[str, Any], random_image: Make) -> None:
    image = random_image((61, 230))
    for iterations in (1, 3):
        made = gradient(image, device, iterations=iterations, **size)
        assert_close(made, cv2.morphologyEx(image, cv2.MORPH_GRADIENT, shape_of(**size), iterations=iterations))


# What holds for any image


def test_a_flat_image_becomes_black(device: str) -> None:
    assert_close(gradient(np.full((40, 30), 77, np.uint8), device), np.zeros((40, 30)))


def test_alpha_stays(device: str, random_image: Make) -> None:
    image = random_image((33, 65, 4))
    assert_close(gradient(image, device)[..., 3], image[..., 3])


def test_it_is_at_least_0_by_a_footprint_without_a_middle(device: str) -> None:
    image = np.array([[1, 2, 4, 8, 9]], np.uint8)  # a dilation less than the erosion: 1 1 2 4 8, and 2 4 8 9 9
    assert gradient(image, device, footprint=[[0, 0, 1]], border="nearest").tolist() == [[0] * 5]
    assert gradient(image, device, footprint=[[1, 0, 0]], border="nearest").tolist() == [[1, 3, 6, 5, 1]]
