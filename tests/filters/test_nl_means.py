"""Non-local means: by hand, in float64, beside OpenCV, and by what holds for any such filter.

OpenCV rounds weights, and leaves out those below a thousandth, so that it agrees but for a few levels.
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
from scipy import ndimage

import imgcuda
from imgcuda.testing import assert_close
from support.matrix import matrix
from support.references import BORDERS, has_alpha, matches, padded, premultiplied

Image = npt.NDArray[Any]
Make = Callable[..., Image]

SHAPES = [(1, 1), (1, 50), (50, 1), (2, 2), (17, 31), (40, 30, 1), (40, 30, 2), (37, 153, 3), (33, 65, 4)]
TOLERANCE = {"uint8": 1, "uint16": 1, "float32": 3e-6}
"""Levels, or for floats, which are random from 0 to 1, that much; with alpha up to 1e-5."""


def nl_means(image: Image, device: str, **parameters: Any) -> Image:
    return np.asarray(imgcuda.apply(image, "nl-means", device=device, **parameters))


def exact(
    image: Image, h: float = 0.1, template_radius: int = 3, search_radius: int = 10, border: str = "reflect"
) -> Image:
    """Return the filter by its definition, in float64."""
    return premultiplied(image, lambda values: mean(values, h, template_radius, search_radius, border))


def mean(here: Image, h: float, reach: int, search: int, border: str) -> Image:
    """Return the mean of shifted copies of an image, each with its weights."""
    halo, (height, width, channels) = reach + search, here.shape
    around = padded(here, halo, border)
    total, made = np.zeros((height, width, 1)), np.zeros(here.shape)
    rows, columns = height + 2 * reach, width + 2 * reach
    squares = around[search : search + rows, search : search + columns]
    for y, x in product(range(-search, search + 1), repeat=2):
        there = around[search + y : search + y + rows, search + x : search + x + columns]
        apart = ((there - squares) ** 2).sum(axis=2)
        distance = (
            ndimage.uniform_filter(apart, 2 * reach + 1)[reach : reach + height, reach : reach + width] / channels
        )
        weight = np.exp(-distance / h**2)[..., None]
        total += weight
        made += weight * there[reach : reach + height, reach : reach + width]
    return np.asarray(made / total)


# By hand


def test_pixels_count_by_how_much_squares_differ(device: str) -> None:
    # Squares of a pixel: what is 51 of 255 levels away counts half, what is 102 away a sixteenth. All rows are
    # alike, and pixels one away are searched: beside 100 are 100, by reflection, and 151.
    image = np.array([[100, 151, 202]] * 3, np.uint8)
    made = nl_means(image, device, h=0.2 / log(2) ** 0.5, template_radius=0, search_radius=1)[1]
    assert made.tolist() == [
        round((100 + 100 + 151 / 2) / (1 + 1 + 1 / 2)),
        round((151 + 100 / 2 + 202 / 2) / (1 + 1 / 2 + 1 / 2)),
        round((202 + 202 + 151 / 2) / (1 + 1 + 1 / 2)),
    ]


def test_a_texture_is_kept_and_its_noise_is_not(device: str) -> None:
    stripes = np.where(np.arange(64) % 4 < 2, 60, 190)[None].repeat(64, axis=0)
    noisy = (stripes + np.random.default_rng(0).normal(0, 8, stripes.shape)).astype(np.uint8)
    before, after = (
        np.abs(image - stripes).mean() for image in (noisy.astype(int), nl_means(noisy, device).astype(int))
    )
    assert after < before / 4


# Against NumPy and OpenCV


test_any_image_is_as_defined = matches(
    "nl-means",
    exact,
    lambda image: 1e-5 if image.dtype == np.float32 and has_alpha(image) else TOLERANCE[image.dtype.name],
    SHAPES,
    settings=[{"h": 0.2, "template_radius": 1, "search_radius": 3}],
    border=["reflect", "constant"],
)


@matrix(radii=[(3, 10), (0, 1), (4, 10)], dtype=["uint8", "float32"])
def test_any_radii_are_as_defined(device: str, radii: tuple[int, int], dtype: str, random_image: Make) -> None:
    template, search = radii
    image = random_image((21, 40), dtype)
    made = nl_means(image, device, h=0.15, template_radius=template, search_radius=search)
    assert_close(made, exact(image, 0.15, template, search), TOLERANCE[dtype])


@pytest.mark.exhaustive
@pytest.mark.parametrize("border", BORDERS)
def test_any_border_is_as_defined(device: str, border: str, random_image: Make) -> None:
    image = random_image((21, 40, 3))
    assert_close(nl_means(image, device, h=0.3, border=border), exact(image, 0.3, border=border), 1)


def test_opencv_agrees(device: str, picture: Image) -> None:
    clean = picture[:80, :120, 1]
    noisy = np.clip(clean + np.random.default_rng(0).normal(0, 15, clean.shape), 0, 255).astype(np.uint8)
    expected = cv2.fastNlMeansDenoising(noisy, None, 20, 7, 21).astype(int)
    apart = np.abs(nl_means(noisy, device, h=20 / 255, border="mirror") - expected)
    assert apart.mean() < 0.1
    assert apart.max() <= 8


# What holds for any such filter


def test_a_flat_image_stays_flat(device: str) -> None:
    image = np.full((40, 150), 199, np.uint8)
    assert_close(nl_means(image, device), image)


def test_an_image_turned_before_is_the_result_turned_after(device: str, random_image: Make) -> None:
    image = random_image((41, 70), np.float32)
    for turn in (np.fliplr, np.flipud, np.transpose):
        assert_close(nl_means(turn(image), device), turn(nl_means(image, device)), 1e-5)


def test_transparent_pixels_give_no_color(device: str) -> None:
    image = np.zeros((12, 12, 4), np.uint8)
    image[:, :6] = (200, 0, 0, 255)
    image[:, 6:, 1] = 255
    assert nl_means(image, device, h=1.0)[:, :6, 1].max() == 0
