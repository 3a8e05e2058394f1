"""The top hat: by hand, and the same as SciPy's and OpenCV's."""

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


def top_hat(image: Image, device: str, **parameters: Any) -> Image:
    return np.asarray(imgcuda.apply(image, "top-hat", device=device, **parameters))


# By hand


def test_a_bright_point_is_what_remains(device: str) -> None:
    image = np.array([[1, 9, 1, 1, 7, 7, 8, 1]], np.uint8)
    assert top_hat(image, device).tolist() == [[0, 8, 0, 0, 0, 0, 1, 0]]
    assert top_hat(image, device, radius=9).tolist() == [[0, 8, 0, 0, 6, 6, 7, 0]]


# Against SciPy and OpenCV

test_any_image_at_any_border_matches_scipy = matches(
    "top-hat", scipys(ndimage.white_tophat, keep_alpha=True), tolerance_of_differences, border=BORDERS
)


@pytest.mark.parametrize("size", SIZES)
def test_iterations_match_opencv(device: str, size: dict[str, Any], random_image: Make) -> None:
    image = random_image((61, 230))
    for iterations in (1, 3):
        made = top_hat(image, device, iterations=iterations, **size)
        assert_close(made, cv2.morphologyEx(image, cv2.MORPH_TOPHAT, shape_of(**size), iterations=iterations))


# What holds for any image


def test_a_flat_image_becomes_black(device: str) -> None:
    assert_close(top_hat(np.full((40, 30), 77, np.uint8), device), np.zeros((40, 30)))


def test_alpha_stays(device: str, random_image: Make) -> None:
    image = random_image((33, 65, 4))
    assert_close(top_hat(image, device)[..., 3], image[..., 3])


def test_a_slope_does_not_count(device: str) -> None:
    slope = np.tile(np.arange(20, 120, dtype=np.uint8), (20, 1))
    image = slope.copy()
    image[10, 50] += 60
    expected = np.zeros_like(image)
    expected[10, 50] = 60
    assert_close(top_hat(image, device)[:, 5:-5], expected[:, 5:-5])
