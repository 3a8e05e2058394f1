"""Grayscale: against numbers done by hand, against Pillow for every color that there is, and in float64."""

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
from support.luminance import LUMA

Image = npt.NDArray[Any]
Make = Callable[..., Image]

WEIGHTS: dict[str, Callable[[Image], Image]] = {
    "rec601": lambda rgb: np.asarray(rgb @ LUMA),
    "rec709": lambda rgb: np.asarray(rgb @ np.array([0.2126, 0.7152, 0.0722])),
    "average": lambda rgb: np.asarray(rgb.mean(axis=-1)),
    "lightness": lambda rgb: np.asarray((rgb.max(axis=-1) + rgb.min(axis=-1)) / 2),
}
SHAPES = [(1, 1), (1, 50), (50, 1), (2, 2), (17, 31), (37, 53), (33, 65), (5, 700), (300, 517)]


def grayscale(image: Image, device: str, **parameters: Any) -> Image:
    return np.asarray(imgcuda.apply(image, "grayscale", device=device, **parameters))


# By hand


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        ("rec601", [0, 255, 76, 150, 29]),  # 0.299, 0.587 and 0.114 of 255
        ("rec709", [0, 255, 54, 182, 18]),  # 0.2126, 0.7152 and 0.0722
        ("average", [0, 255, 85, 85, 85]),
        ("lightness", [0, 255, 128, 128, 128]),
    ],
)
def test_each_color_counts_what_the_weights_say(device: str, weights: str, expected: list[int]) -> None:
    black, white, red, green, blue = (0, 0, 0), (255, 255, 255), (255, 0, 0), (0, 255, 0), (0, 0, 255)
    image = np.array([[black, white, red, green, blue]], np.uint8)
    assert grayscale(image, device, weights=weights).tolist() == [expected]


# Against Pillow, OpenCV and float64


def test_every_color_matches_pillow(device: str, every_color: Image) -> None:
    result = grayscale(every_color, device)
    expected = np.asarray(PIL.Image.fromarray(every_color).convert("L"))
    assert_close(result, expected, 1)
    # Measured: 110 of 16.8 million, all of them sums that end within 2/65536 of a half.
    assert np.count_nonzero(result != expected) <= 200


def test_every_color_matches_opencv_but_for_its_rounder_weights(device: str, every_color: Image) -> None:
    result = grayscale(every_color, device)
    expected = cv2.cvtColor(every_color, cv2.COLOR_RGB2GRAY)
    assert_close(result, expected, 1)
    # Measured: 21,721, or 0.13 %, since OpenCV's weights have 14 bits and Pillow's 16.
    assert np.count_nonzero(result != expected) <= 25_000


@pytest.mark.parametrize("weights", WEIGHTS)
def test_every_color_matches_float64(device: str, weights: str, every_color: Image) -> None:
    assert_close(
        grayscale(every_color, device, weights=weights), np.rint(WEIGHTS[weights](every_color.astype(np.float64))), 1
    )


@pytest.mark.parametrize(("dtype", "tolerance"), [("uint16", 1), ("float32", 2e-7)])
@pytest.mark.parametrize("weights", WEIGHTS)
def test_the_other_types_match_float64(
    device: str, weights: str, dtype: str, tolerance: float, random_image: Make
) -> None:
    image = random_image((300, 517, 3), dtype)
    result = grayscale(image, device, weights=weights)
    assert result.dtype == dtype
    expected = WEIGHTS[weights](image.astype(np.float64))
    assert_close(result, expected if dtype == "float32" else np.rint(expected), tolerance)


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_any_shape_matches_float64(device: str, shape: tuple[int, int], channels: int, random_image: Make) -> None:
    image = random_image((*shape, channels))
    result = grayscale(image, device).reshape(*shape, -1)
    assert_close(result[..., 0], np.rint(WEIGHTS["rec601"](image[..., :3].astype(np.float64))), 1)


# What holds for any weights


@pytest.mark.parametrize("weights", WEIGHTS)
@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_a_color_that_is_gray_stays_as_it_is(device: str, dtype: str, weights: str) -> None:
    levels = np.arange(np.iinfo(dtype).max + 1, dtype=dtype).reshape(-1, 16)
    assert_close(grayscale(np.dstack([levels] * 3), device, weights=weights), levels)


@pytest.mark.parametrize("weights", WEIGHTS)
def test_a_gray_image_stays_as_it_is(device: str, weights: str, random_image: Make) -> None:
    for shape in ((17, 31), (17, 31, 1), (17, 31, 2)):
        image = random_image(shape)
        assert_close(grayscale(image, device, weights=weights), image)


def test_floats_beyond_1_are_not_clipped(device: str) -> None:
    image = np.array([[[2, 2, 2], [-1, -1, -1]]], np.float32)
    assert_close(grayscale(image, device), [[2, -1]], 1e-6)


def test_a_pixel_changes_itself_only(device: str) -> None:
    image = np.zeros((17, 31, 3), np.uint8)
    image[8, 9] = 100
    assert np.argwhere(grayscale(image, device)).tolist() == [[8, 9]]


def test_color_becomes_one_channel_and_alpha_stays(device: str, random_image: Make) -> None:
    image = random_image((33, 65, 4))
    result = grayscale(image, device)
    assert result.shape == (33, 65, 2)
    assert_close(result[..., 1], image[..., 3])
    assert_close(result[..., 0], grayscale(np.ascontiguousarray(image[..., :3]), device))
    assert grayscale(image[..., :3], device).shape == (33, 65)
