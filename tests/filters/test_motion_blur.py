"""The motion blur: by hand, against SciPy in float64, and beside OpenCV's kernel of a line."""

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
from imgcuda_plugins.blur.motion_blur import MotionBlur
from support.matrix import exhaustive
from support.references import BORDERS, by_channels, matches, padded

Image = npt.NDArray[Any]
Make = Callable[..., Image]

TOLERANCE = {"uint8": 1, "uint16": 1, "float32": 5e-6}


def motion_blur(image: Image, device: str, **parameters: Any) -> Image:
    return np.asarray(imgcuda.apply(image, "motion-blur", device=device, **parameters))


def along(plane: Image, length: float, angle: float, border: str) -> Image:
    """Return the mean of a channel shifted along a line, by SciPy's linear interpolation."""
    number = int(np.ceil(length)) + 1
    pad = int(np.ceil(length)) + 2
    around = padded(plane, pad, border)
    rows, columns = np.indices(plane.shape) + pad
    steps = np.linspace(-length / 2, length / 2, number)
    across, down = np.cos(np.radians(angle)), -np.sin(np.radians(angle))
    made = [ndimage.map_coordinates(around, [rows + t * down, columns + t * across], order=1) for t in steps]
    return np.asarray(np.mean(made, axis=0))


def exact(image: Image, length: float, angle: float, border: str = "reflect") -> Image:
    return by_channels(image, lambda plane: along(plane, length, angle, border))


# By hand


def test_a_point_becomes_a_line(device: str) -> None:
    image = np.zeros((5, 7), np.uint8)
    image[2, 3] = 250
    row = [0, 50, 50, 50, 50, 50, 0]
    zero = [0] * 7
    assert motion_blur(image, device, length=4).tolist() == [zero, zero, row, zero, zero]
    made = motion_blur(image, device, length=4, angle=90)
    assert made[:, 3].tolist() == [50] * 5
    assert made.sum() == 250


def test_a_line_at_45_degrees_rises_to_the_right() -> None:
    kernel = MotionBlur(length=2 * 2**0.5, angle=45).kernel
    assert kernel.shape == (5, 5)
    assert_close(np.diag(kernel[:, ::-1])[[1, 3]], [1 / 4 + 1 / 9 / 4] * 2, 0.03)
    assert kernel[1, 1] == kernel[3, 3] == 0


def test_no_length_changes_nothing(device: str, random_image: Make) -> None:
    image = random_image((17, 31))
    assert_close(motion_blur(image, device, length=0), image)


# Against SciPy and OpenCV


test_any_image_matches_scipy = matches(
    "motion-blur",
    exact,
    TOLERANCE,
    settings=[{"length": 6.5, "angle": 30.0}, {"length": 3.0, "angle": -100.0}],
    border=["reflect", "constant"],
)


@pytest.mark.exhaustive
@pytest.mark.parametrize("border", BORDERS)
def test_any_border_matches_scipy(device: str, border: str, random_image: Make) -> None:
    image = random_image((40, 170, 3))
    assert_close(motion_blur(image, device, length=21.0, angle=75, border=border), exact(image, 21.0, 75, border), 1)


@pytest.mark.parametrize("length", [8, exhaustive(2), exhaustive(50), exhaustive(200)])
def test_a_row_of_opencv_is_a_length_one_less(device: str, length: int, random_image: Make) -> None:
    image = random_image((61, 230))
    kernel = np.full((1, length + 1), 1 / (length + 1))
    expected = cv2.filter2D(image, -1, kernel, borderType=cv2.BORDER_REFLECT)
    assert_close(motion_blur(image, device, length=float(length)), expected, 1)


# What holds for any


@pytest.mark.parametrize("length", [0.3, 1, 7.7, 60, 200])
def test_the_weights_add_up_to_1_and_look_the_same_after_half_a_turn(length: float) -> None:
    for angle in (0, 17, 45, 90, 133, -20):
        blur = MotionBlur(length=length, angle=angle)
        assert abs(blur.kernel.sum() - 1) < 1e-9
        assert_close(blur.kernel, blur.kernel[::-1, ::-1], 1e-8)
        assert blur.kernel.shape == (2 * blur.halo + 1,) * 2


def test_transparent_pixels_give_no_color(device: str) -> None:
    image = np.array([[[200, 0, 0, 240], [0, 255, 0, 0]]], np.uint8)
    assert motion_blur(image, device, length=2, border="nearest").tolist() == [[[200, 0, 0, 160], [200, 0, 0, 80]]]
