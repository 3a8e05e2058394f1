"""The black hat: by hand, and the same as SciPy's and OpenCV's."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from scipy import ndimage

import imgcuda
from support.morphology import (
    a_flat_image_becomes_black,
    a_slope_does_not_count,
    alpha_stays,
    iterations_match_opencv,
    scipys,
    tolerance_of_differences,
)
from support.references import BORDERS, matches

Image = npt.NDArray[Any]


def black_hat(image: Image, device: str, **parameters: Any) -> Image:
    return np.asarray(imgcuda.apply(image, "black-hat", device=device, **parameters))


# By hand


def test_a_dark_point_is_what_remains(device: str) -> None:
    image = np.array([[9, 1, 9, 9, 3, 3, 2, 9]], np.uint8)
    assert black_hat(image, device).tolist() == [[0, 8, 0, 0, 0, 0, 1, 0]]
    assert black_hat(image, device, radius=9).tolist() == [[0, 8, 0, 0, 6, 6, 7, 0]]


# Against SciPy and OpenCV

test_any_image_at_any_border_matches_scipy = matches(
    "black-hat", scipys(ndimage.black_tophat, keep_alpha=True), tolerance_of_differences, border=BORDERS
)
test_iterations_match_opencv = iterations_match_opencv("black-hat", cv2.MORPH_BLACKHAT)


# What holds for any image

test_a_flat_image_becomes_black = a_flat_image_becomes_black("black-hat")
test_alpha_stays = alpha_stays("black-hat")
test_a_slope_does_not_count = a_slope_does_not_count("black-hat", -60)
