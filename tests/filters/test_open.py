"""Opening: by hand, the same as SciPy's and OpenCV's, and nothing more to do a second time."""

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


def opened(image: Image, device: str, **parameters: Any) -> Image:
    return np.asarray(imgcuda.apply(image, "open", device=device, **parameters))


# By hand


def test_a_bright_point_goes_and_a_bright_line_stays(device: str) -> None:
    image = np.array([[1, 9, 1, 1, 7, 7, 8, 1]], np.uint8)
    assert opened(image, device).tolist() == [[1, 1, 1, 1, 7, 7, 7, 1]]
    assert opened(image, device, radius=9).tolist() == [[1, 1, 1, 1, 1, 1, 1, 1]]


# Against SciPy and OpenCV

test_any_image_at_any_border_matches_scipy = matches("open", scipys(ndimage.grey_opening), tolerance, border=BORDERS)
test_iterations_match_opencv = iterations_match_opencv("open", cv2.MORPH_OPEN)


# What holds for any image

test_it_is_never_brighter_and_the_second_time_changes_nothing = a_second_time_changes_nothing("open", np.less_equal)
test_a_footprint_without_symmetry_moves_nothing = an_odd_footprint_moves_nothing("open", ndimage.grey_opening)
