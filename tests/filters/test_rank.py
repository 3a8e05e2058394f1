"""Rank: by hand, and the same as SciPy's, which rounds nothing; beside erosion, median and dilation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy import ndimage

import imgcuda
from imgcuda.testing import assert_close
from support.matrix import exhaustive
from support.morphology import tolerance
from support.references import by_channels, matches

Image = npt.NDArray[Any]
Make = Callable[..., Image]


def rank(image: Image, device: str, **parameters: Any) -> Image:
    return np.asarray(imgcuda.apply(image, "rank", device=device, **parameters))


def scipys(image: Image, percentile: float = 25, radius: int = 1, border: str = "reflect") -> Image:
    size = 2 * radius + 1
    return by_channels(image, lambda plane: ndimage.percentile_filter(plane, percentile, size, mode=border))


# By hand


def test_it_is_the_third_of_nine_and_at_the_ends_the_least_or_greatest(device: str) -> None:
    image = np.array([[1, 2, 3], [4, 9, 8], [7, 6, 5]], np.uint8)
    percentiles = (0, 11, 12, 25, 50, 99, 100)
    assert [rank(image, device, percentile=p)[1, 1] for p in percentiles] == [1, 1, 2, 3, 5, 9, 9]


def test_a_low_percentile_passes_over_a_speck(device: str) -> None:
    image = np.full((9, 9), 90, np.uint8)
    image[4, 4] = 0
    assert_close(rank(image, device, percentile=12), np.full((9, 9), 90))
    assert rank(image, device, percentile=0)[3:6, 3:6].tolist() == [[0] * 3] * 3


# Against SciPy

test_any_image_matches_scipy = matches("rank", scipys, tolerance, settings=[{}, {"percentile": 80}])


@pytest.mark.parametrize("border", ["constant", *map(exhaustive, ("mirror", "nearest", "wrap"))])
def test_every_border_matches_scipy(device: str, border: str, random_image: Make) -> None:
    image = random_image((33, 65))
    assert_close(rank(image, device, border=border), scipys(image, border=border))


@pytest.mark.parametrize(
    ("radius", "dtype"),
    [(8, "uint8"), *(exhaustive(r, t) for r in (2, 3, 7, 9, 21) for t in ("uint8", "uint16", "float32"))],
)
def test_any_radius_and_percentile_matches_scipy(device: str, radius: int, dtype: str, random_image: Make) -> None:
    image = random_image((37, 153), dtype)
    for percentile in (0, 1.5, 50, 99, 100):
        made = rank(image, device, radius=radius, percentile=percentile)
        assert_close(made, ndimage.percentile_filter(image, percentile, 2 * radius + 1))


# Beside the filters that are ranks, too


def test_erosion_median_and_dilation_are_ranks(device: str, random_image: Make) -> None:
    image = random_image((61, 83))
    for percentile, name in ((0, "erode"), (50, "median"), (100, "dilate")):
        assert_close(rank(image, device, percentile=percentile), imgcuda.apply(image, name, device=device, radius=1))
