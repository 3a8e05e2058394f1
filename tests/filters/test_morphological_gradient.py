"""The morphological gradient: by hand, and the same as SciPy's and OpenCV's."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from scipy import ndimage

import imgcuda
from support.morphology import (
    a_flat_image_becomes_black,
    alpha_stays,
    iterations_match_opencv,
    scipys,
    tolerance_of_differences,
)
from support.references import BORDERS, matches

Image = npt.NDArray[Any]


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
test_iterations_match_opencv = iterations_match_opencv("morphological-gradient", cv2.MORPH_GRADIENT)


# What holds for any image

test_a_flat_image_becomes_black = a_flat_image_becomes_black("morphological-gradient")
test_alpha_stays = alpha_stays("morphological-gradient")


def test_it_is_at_least_0_by_a_footprint_without_a_middle(device: str) -> None:
    image = np.array([[1, 2, 4, 8, 9]], np.uint8)  # a dilation less than the erosion: 1 1 2 4 8, and 2 4 8 9 9
    assert gradient(image, device, footprint=[[0, 0, 1]], border="nearest").tolist() == [[0] * 5]
    assert gradient(image, device, footprint=[[1, 0, 0]], border="nearest").tolist() == [[1, 3, 6, 5, 1]]
