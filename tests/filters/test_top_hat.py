"""The top hat: by hand, and the same as SciPy's and OpenCV's."""

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
test_iterations_match_opencv = iterations_match_opencv("top-hat", cv2.MORPH_TOPHAT)


# What holds for any image

test_a_flat_image_becomes_black = a_flat_image_becomes_black("top-hat")
test_alpha_stays = alpha_stays("top-hat")
test_a_slope_does_not_count = a_slope_does_not_count("top-hat", 60)
