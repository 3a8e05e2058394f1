"""The bilateral filter: against numbers done by hand, NumPy in float64, OpenCV, and by what holds for any such filter.

OpenCV has the same weights and the same circle. Of bytes it agrees but where a mean is almost half-way between levels;
of floats it takes its weights from a table, so it is not asked.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from math import log
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest

import imgcuda
from imgcuda.testing import assert_close
from support.installed import installed
from support.matrix import exhaustive, matrix
from support.references import BORDERS, has_alpha, matches, padded, premultiplied

Image = npt.NDArray[Any]
Make = Callable[..., Image]

SHAPES = [(1, 1), (1, 50), (50, 1), (2, 2), (17, 31), (40, 30, 1), (40, 30, 2), (37, 153, 3), (33, 65, 4)]
"""From one pixel, by sizes that are a multiple of nothing, to several blocks of threads."""

TOLERANCE = {"uint8": 1, "uint16": 1, "float32": 2e-6}
"""Levels, or for floats, which are random from 0 to 1, that much. A mean that is almost half-way between two levels may
be rounded to the other side. With alpha a color is a quotient, and floats are off by up to 1e-5."""


def bilateral(image: Image, device: str, **parameters: Any) -> Image:
    return np.asarray(imgcuda.apply(image, "bilateral", device=device, **parameters))


def exact(image: Image, sigma_space: float = 3, sigma_color: float = 0.1, border: str = "reflect") -> Image:
    """Return the filter by its definition, in float64."""
    return premultiplied(image, lambda values: mean(values, sigma_space, sigma_color, border))


def mean(here: Image, sigma_space: float, sigma_color: float, border: str) -> Image:
    """Return the mean of shifted copies of an image, each with its weights."""
    radius = int(1.5 * sigma_space + 0.5)
    around = padded(here, radius, border)
    height, width, _ = here.shape
    total, made = np.zeros((height, width, 1)), np.zeros(here.shape)
    for y, x in product(range(-radius, radius + 1), repeat=2):
        if x * x + y * y <= radius * radius:
            there = around[radius + y : radius + y + height, radius + x : radius + x + width]
            color = np.abs(there - here).sum(axis=2, keepdims=True)
            weight = np.exp(-0.5 * ((x * x + y * y) / sigma_space**2 + color**2 / sigma_color**2))
            total += weight
            made += weight * there
    return np.asarray(made / total)


HALF = (2 * log(2)) ** -0.5
"""The standard deviation at which what is 1 away counts half."""


# By hand


def test_pixels_count_by_distance_and_by_color(device: str) -> None:
    # One pixel away counts half, 40 levels half, 80 levels a sixteenth; the corners are out of reach.
    image = np.array([[255, 100, 255], [140, 100, 180], [255, 100, 255]], np.uint16)
    result = bilateral(image * 257, device, sigma_space=HALF, sigma_color=40 / 255 * HALF)
    assert result[1, 1] == round(257 * (100 + (40 / 4 + 80 / 32) / (1 + 1 / 2 + 1 / 2 + 1 / 4 + 1 / 32)))


def test_the_difference_in_color_is_the_sum_of_the_channels(device: str) -> None:
    # 30 and 10 levels are 40, so a neighbor's weight is a half of a half: (1 * 100 + 1/4 * 130) / (1 + 1/4) = 106.
    image = np.array([[[100, 100, 100], [130, 90, 100]]], np.uint8)
    result = bilateral(image, device, sigma_space=HALF, sigma_color=40 / 255 * HALF, border="constant")
    # What is black beyond the border counts 2^-56.
    assert result[0, 0].tolist() == [106, 98, 100]


def test_an_edge_is_kept_and_what_is_alike_is_averaged(device: str) -> None:
    image = np.full((20, 20), 60, np.uint8)
    image[::2] = 64
    image[:, 10:] += 128
    result = bilateral(image, device)
    assert_close(result[5:-5, :10], np.full((10, 10), 62), 1)
    assert_close(result[5:-5, 10:], np.full((10, 10), 190), 1)


@pytest.mark.parametrize(
    ("border", "ends"),
    [
        ("reflect", [20, 80]),  # 20 | 20 40 80 | 80
        exhaustive("mirror", [40, 40]),  # 40 | 20 40 80 | 40
        exhaustive("nearest", [20, 80]),  # 20 | 20 40 80 | 80
        exhaustive("wrap", [80, 20]),  # 80 | 20 40 80 | 20
        ("constant", [0, 0]),  # 0 | 20 40 80 | 0
    ],
)
def test_each_border_continues_the_row_in_its_way(device: str, border: str, ends: list[int]) -> None:
    # A large sigma in color: all five pixels count, the four around as half. Above and below are rows alike.
    image = np.array([[20, 40, 80]] * 3, np.uint8)
    result = bilateral(image, device, sigma_space=HALF, sigma_color=10, border=border)[1]
    expected = [
        (2 * 20 + ends[0] / 2 + 40 / 2) / 3,
        (2 * 40 + 20 / 2 + 80 / 2) / 3,
        (2 * 80 + 40 / 2 + ends[1] / 2) / 3,
    ]
    assert_close(result, np.rint(expected))


# Against NumPy and OpenCV


test_any_image_at_any_border_is_as_defined = matches(
    "bilateral",
    exact,
    lambda image: 1e-5 if image.dtype == np.float32 and has_alpha(image) else TOLERANCE[image.dtype.name],
    SHAPES,
    border=BORDERS,
)


@matrix(sigmas=[(0.5, 0.3), (2, 0.02), (6, 0.5), (10, 10)], dtype=list(TOLERANCE))
def test_any_sigma_on_any_type_is_as_defined(
    device: str, sigmas: tuple[float, float], dtype: str, random_image: Make
) -> None:
    sigma_space, sigma_color = sigmas
    image = random_image((33, 70, 3), dtype)
    result = bilateral(image, device, sigma_space=sigma_space, sigma_color=sigma_color)
    assert result.dtype == dtype
    assert_close(result, exact(image, sigma_space, sigma_color), TOLERANCE[dtype])


@pytest.mark.parametrize("sigma", [2.4, exhaustive(1), exhaustive(6.5)])
def test_opencv_agrees(device: str, sigma: float, picture: Image) -> None:
    for image in (picture[:100], picture[:100, :, 1]):
        size = 2 * int(1.5 * sigma + 0.5) + 1
        expected = cv2.bilateralFilter(image, size, 255 * 0.2, sigma, borderType=cv2.BORDER_REFLECT)
        result = bilateral(image, device, sigma_space=sigma, sigma_color=0.2)
        assert_close(result, expected, 1)
        assert (result != expected).mean() < 1e-3


# What holds for any such filter


@pytest.mark.parametrize(
    ("dtype", "shape"), [("uint8", (40, 150, 3)), ("uint16", (40, 150, 2)), ("float32", (40, 150))]
)
def test_a_flat_image_stays_flat(device: str, dtype: str, shape: tuple[int, ...]) -> None:
    image = np.full(shape, 0.3 if dtype == "float32" else 199, dtype)
    assert_close(bilateral(image, device), image)


@pytest.mark.parametrize(
    "turn",
    [np.fliplr, np.flipud, np.transpose],
    ids=["mirrored left to right", "upside down", "transposed"],
)
def test_an_image_turned_before_is_the_result_turned_after(
    device: str, turn: Callable[[Image], Image], random_image: Make
) -> None:
    image = random_image((61, 130), np.float32)
    assert_close(bilateral(turn(image), device), turn(bilateral(image, device)), 1e-6)


def test_a_constant_added_before_is_there_after(device: str, random_image: Make) -> None:
    image = random_image((61, 130)) // 2
    assert_close(bilateral(image + 100, device), bilateral(image, device) + 100)


def test_floats_beyond_1_are_not_clipped(device: str) -> None:
    image = np.full((20, 20), -3.0, np.float32)
    image[:, 10:] = 7.0
    assert_close(bilateral(image, device), image)


@pytest.mark.parametrize("sigma", [0.5, 3, 10])
def test_a_pixel_reaches_as_far_as_the_halo_and_no_further(device: str, sigma: float) -> None:
    smoother = installed().create("bilateral", {"sigma_space": sigma, "sigma_color": 10})
    image = np.zeros((51, 51), np.float32)
    image[25, 25] = 1
    places = np.nonzero(smoother(image, device=device))
    assert [25 - places[0].min(), places[0].max() - 25, places[1].max() - 25] == [smoother.halo] * 3


# Alpha


def test_the_edge_of_what_is_opaque_is_kept(device: str) -> None:
    # Black beside nothing at all differs in alpha only.
    image = np.zeros((20, 20, 4), np.uint8)
    image[:, 10:, 3] = 255
    assert_close(bilateral(image, device), image)


def test_an_opaque_image_is_as_without_alpha(device: str, random_image: Make) -> None:
    colors = random_image((33, 65, 3))
    opaque = np.dstack([colors, np.full(colors.shape[:2], 255, np.uint8)])
    result = bilateral(opaque, device)
    assert_close(result[..., :3], bilateral(colors, device), 1)
    assert (result[..., 3] == 255).all()
