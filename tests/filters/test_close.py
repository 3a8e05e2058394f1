"""Closing: by hand, the same as SciPy's and OpenCV's, and nothing more to do a second time."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from scipy import ndimage

import imgcuda
from support.morphology import (
    a_second_time_changes_nothing,
    an_odd_footprint_moves_nothing,
    iterations_match_opencv,
    scipys,
    tolerance,
)
from support.references import BORDERS, matches

Image = npt.NDArray[Any]


def closed(image: Image, device: str, **parameters: Any) -> Image:
    return np.asarray(imgcuda.apply(image, "close", device=device, **parameters))


# By hand


def test_a_dark_point_is_filled_and_a_dark_line_stays(device: str) -> None:
    image = np.array([[9, 1, 9, 9, 3, 3, 2, 9]], np.uint8)
    assert closed(image, device).tolist() == [[9, 9, 9, 9, 3, 3, 3, 9]]
    assert closed(image, device, radius=9).tolist() == [[9, 9, 9, 9, 9, 9, 9, 9]]


# Against SciPy and OpenCV

test_any_image_at_any_border_matches_scipy = matches("close", scipys(ndimage.grey_closing), tolerance, border=BORDERS)
test_iterations_match_opencv = iterations_match_opencv("close", cv2.MORPH_CLOSE)


# What holds for any image

test_it_is_never_darker_and_the_second_time_changes_nothing = a_second_time_changes_nothing("close", np.greater_equal)
test_a_footprint_without_symmetry_moves_nothing = an_odd_footprint_moves_nothing("close", ndimage.grey_closing)
