"""Hue: by hand, against scikit-image's HSV and OpenCV's HSL in floating point, and by what holds for any image."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from skimage.color import hsv2rgb, rgb2hsv

import imgcuda
from imgcuda.testing import assert_close
from support.references import by_colors, matches

Image = npt.NDArray[Any]

TOLERANCE = {"uint8": 0.501, "uint16": 0.55, "float32": 1e-6}


def hue(image: Image, device: str, degrees: float) -> Image:
    return np.asarray(imgcuda.apply(image, "hue", device=device, degrees=degrees))


def exact(colors: Image, degrees: float) -> Image:
    """Return the result in float64, by scikit-image's conversions to HSV and back."""
    if colors.shape[2] == 1:
        return colors
    turned = rgb2hsv(colors)
    turned[..., 0] = (turned[..., 0] + degrees / 360) % 1
    return np.asarray(hsv2rgb(turned))


@pytest.mark.parametrize(
    ("degrees", "expected"),
    [
        (120, [[0, 255, 0], [50, 200, 100], [7, 7, 7]]),  # red to green; (200, 100, 50), at 20 degrees, to 140 degrees
        (60, [[255, 255, 0], [150, 200, 50], [7, 7, 7]]),
        (-60, [[255, 0, 255], [200, 50, 150], [7, 7, 7]]),
        (360, [[255, 0, 0], [200, 100, 50], [7, 7, 7]]),
    ],
)
def test_colors_turn_on_the_circle(device: str, degrees: float, expected: list[list[int]]) -> None:
    image = np.array([[[255, 0, 0], [200, 100, 50], [7, 7, 7]]], np.uint8)
    assert hue(image, device, degrees).tolist() == [expected]


test_any_image_matches_scikit_image = matches(
    "hue",
    lambda image, degrees: by_colors(image, lambda colors: exact(colors, degrees)),
    TOLERANCE,
    settings=[{"degrees": -200.0}],
)


def test_a_picture_matches_hsl_of_opencv(device: str, picture: Image) -> None:
    hls = cv2.cvtColor(picture.astype(np.float32) / 255, cv2.COLOR_RGB2HLS)
    hls[..., 0] = (hls[..., 0] + 40) % 360
    assert_close(hue(picture, device, 40), 255 * cv2.cvtColor(hls, cv2.COLOR_HLS2RGB), 0.51)


def test_the_largest_and_the_smallest_channel_stay(device: str, picture: Image) -> None:
    made = hue(picture, device, 137)
    assert_close(made.max(axis=2), picture.max(axis=2))
    assert_close(made.min(axis=2), picture.min(axis=2))
    assert_close(hue(picture, device, 0), picture)


@pytest.mark.exhaustive
def test_floats_beyond_white_turn_too(device: str) -> None:
    image = np.array([[[2, -1, 0.5, 0.3]]], np.float32)
    assert_close(hue(image, device, 120), [[[0.5, 2, -1, 0.3]]], 1e-6)
