"""Median: by hand, and the same as SciPy's and OpenCV's, which choose a value and round nothing."""

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
from support.matrix import exhaustive, matrix

Image = npt.NDArray[Any]
Make = Callable[..., Image]

SHAPES = [(1, 1), (1, 50), (50, 1), (17, 31, 2), (37, 53, 3), (5, 700, 3), (150, 260, 3)]


def median(image: Image, device: str, **parameters: Any) -> Image:
    return np.asarray(imgcuda.apply(image, "median", device=device, **parameters))


def expected(image: Image, radius: int, border: str = "reflect") -> Image:
    side = 2 * radius + 1
    size = (side, side, 1)[: image.ndim]
    return np.asarray(ndimage.median_filter(image, size=size, mode=border))


# By hand


def test_a_speck_goes_and_an_edge_stays(device: str) -> None:
    image = np.array([[10, 10, 10, 90, 90]] * 5, np.uint8)
    specked = image.copy()
    specked[2, 1] = 255
    for radius in (1, 2, 3):
        assert_close(median(specked, device, radius=radius), image)


def test_it_is_the_fifth_of_nine(device: str) -> None:
    image = np.array([[1, 2, 3], [4, 9, 8], [7, 6, 5]], np.uint8)
    assert median(image, device)[1, 1] == 5


def test_negative_floats_and_large_ones_keep_their_order(device: str) -> None:
    image = np.zeros((7, 7), np.float32)
    image[:] = np.linspace(-3e5, 2e5, 49).reshape(7, 7)
    assert median(image, device, radius=3)[3, 3] == image[3, 3]


# Against SciPy and OpenCV


@matrix(shape=SHAPES, radius=[1, 2, 3, 8])
def test_bytes_match_scipy(device: str, shape: tuple[int, ...], radius: int, random_image: Make) -> None:
    image = random_image(shape)
    if len(shape) == 3 and shape[2] == 2:
        image[..., 1] = 255
    assert_close(median(image, device, radius=radius), expected(image, radius))


@pytest.mark.parametrize("radius", [1, *map(exhaustive, (2, 4))])
@pytest.mark.parametrize("border", ["constant", *map(exhaustive, ("mirror", "nearest", "wrap"))])
def test_every_border_matches_scipy(device: str, border: str, radius: int, random_image: Make) -> None:
    image = random_image((33, 65))
    assert_close(median(image, device, radius=radius, border=border), expected(image, radius, border))


@pytest.mark.parametrize(
    ("radius", "dtype"),
    [
        (1, "float32"), (2, "uint16"), (5, "float32"),
        *(exhaustive(*each) for each in [(1, "uint16"), (2, "float32"), (5, "uint16"), (9, "uint16"), (9, "float32")]),
    ],
)  # fmt: skip
def test_the_other_types_match_scipy(device: str, radius: int, dtype: str, random_image: Make) -> None:
    image = random_image((37, 53), dtype)
    if dtype == "float32":
        image = image * 4 - 2
    assert_close(median(image, device, radius=radius), expected(image, radius))


@pytest.mark.parametrize("radius", [15, exhaustive(50)])
def test_large_squares_match_opencv(device: str, radius: int, picture: Image) -> None:
    inner = picture[:160, :200]
    made = median(np.ascontiguousarray(inner), device, radius=radius, border="nearest")
    assert_close(made, cv2.medianBlur(np.ascontiguousarray(inner), 2 * radius + 1))


# What holds for any image


def test_a_flat_image_stays(device: str) -> None:
    for radius in (1, 2, 8):
        assert_close(median(np.full((40, 30), 77, np.uint8), device, radius=radius), np.full((40, 30), 77))


def test_mirrored_in_is_mirrored_out(device: str, random_image: Make) -> None:
    image = random_image((40, 70))
    for radius in (2, 3):
        made = median(image, device, radius=radius)
        assert_close(median(np.ascontiguousarray(image[::-1, ::-1]), device, radius=radius), made[::-1, ::-1])


def test_transparent_pixels_do_not_count_in_the_colors(device: str) -> None:
    image = np.zeros((9, 9, 4), np.uint8)
    image[..., :3], image[..., 3] = (10, 200, 30), 255
    image[4, 4] = (255, 0, 255, 0)
    assert_close(median(image, device)[4, 4], [10, 200, 30, 255], 1)
