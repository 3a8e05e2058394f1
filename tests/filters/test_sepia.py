"""Sepia: by hand, against OpenCV's and Pillow's sums of weighted colors, and for every color."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import PIL.Image
import pytest

import imgcuda
from imgcuda.testing import assert_close
from support.references import by_colors, matches

Image = npt.NDArray[Any]
Make = Callable[..., Image]

WEIGHTS = np.array([[0.393, 0.769, 0.189], [0.349, 0.686, 0.168], [0.272, 0.534, 0.131]])

# Half a level is rounding. What is beyond is for results so near a half that a float's last bits decide.
TOLERANCE = {"uint8": 0.5001, "uint16": 0.52, "float32": 3e-7}


def sepia(image: Image, device: str, strength: float = 1) -> Image:
    return np.asarray(imgcuda.apply(image, "sepia", device=device, strength=strength))


def formula(strength: float) -> Callable[[Image], Image]:
    """Return the filter in float64, by OpenCV."""
    weights = strength * WEIGHTS + (1 - strength) * np.eye(3)
    return lambda colors: cv2.transform(np.broadcast_to(colors, (*colors.shape[:2], 3)).copy(), weights)


# By hand


@pytest.mark.parametrize(
    ("strength", "expected"),
    [
        (1, [[0, 0, 0], [255, 255, 239], [100, 89, 69], [135, 120, 94]]),  # the last: 1.351, 1.203 and 0.937 of 100
        (0.5, [[0, 0, 0], [255, 255, 247], [178, 44, 35], [118, 110, 97]]),
        (0, [[0, 0, 0], [255, 255, 255], [255, 0, 0], [100, 100, 100]]),
    ],
)
def test_each_color_is_a_sum_of_all(device: str, strength: float, expected: list[list[int]]) -> None:
    black_white_red_gray = np.array([[[0, 0, 0], [255, 255, 255], [255, 0, 0], [100, 100, 100]]], np.uint8)
    assert sepia(black_white_red_gray, device, strength).tolist() == [expected]


@pytest.mark.parametrize("shape", [(1, 1), (1, 1, 1)], ids=str)
def test_gray_becomes_brown(device: str, shape: tuple[int, ...]) -> None:
    assert sepia(np.full(shape, 100, np.uint8), device).tolist() == [[[135, 120, 94]]]


def test_alpha_stays(device: str) -> None:
    gray, red = np.array([[[100, 7]]], np.uint8), np.array([[[255, 0, 0, 7]]], np.uint8)
    assert sepia(gray, device).tolist() == [[[135, 120, 94, 7]]]
    assert sepia(red, device).tolist() == [[[100, 89, 69, 7]]]


def test_floats_are_not_clipped(device: str) -> None:
    assert_close(sepia(np.array([[1, 2, -1]], np.float32), device)[0, :, 0], [1.351, 2.702, -1.351], 1e-6)


# Against Pillow, OpenCV and float64


def test_a_picture_matches_pillow(device: str, picture: Image) -> None:
    matrix = np.column_stack([WEIGHTS, np.zeros(3)]).ravel().tolist()
    expected = np.asarray(PIL.Image.fromarray(picture).convert("RGB", tuple(matrix)))
    assert_close(sepia(picture, device), expected, 1)


@pytest.mark.parametrize("strength", [0.4, 1])
def test_every_color_matches_float64(device: str, strength: float, every_color: Image, point_reference: Make) -> None:
    result = sepia(every_color, device, strength)
    for first in range(0, len(every_color), 2**17):  # in parts, since the whole would take gigabytes
        part = slice(first, first + 2**17)
        assert_close(result[part], point_reference(every_color[part], formula(strength)), TOLERANCE["uint8"])


test_any_image_matches_float64 = matches(
    "sepia",
    lambda image, strength: by_colors(image, formula(strength)),
    TOLERANCE,
    settings=[{"strength": 0.7}, {"strength": 1}],
)


# What holds for any image


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_a_strength_of_0_changes_nothing(device: str, dtype: str, random_image: Make) -> None:
    image = random_image((300, 517, 3), dtype)
    assert_close(sepia(image, device, 0), image)


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_gray_is_toned_as_the_color_that_it_is(device: str, dtype: str, every_level: Make) -> None:
    levels = every_level(dtype)
    assert_close(sepia(levels, device), sepia(np.dstack([levels] * 3), device))
