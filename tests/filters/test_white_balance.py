"""White balance: by hand, and in float64 by means and percentiles of NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import imgcuda
from imgcuda.testing import assert_close
from support.references import by_colors, matches

Image = npt.NDArray[Any]

TOLERANCE = {"uint8": 0.501, "uint16": 0.6, "float32": 3e-5}
SHAPES = ((17, 31), (1, 1), (40, 30, 1), (40, 30, 2), (37, 53, 3), (33, 65, 4), (300, 517, 3), (300, 171, 4))
"""Of a multiple of nothing; the last are several blocks, of 49152 pixels each."""


def balance(image: Image, device: str, **parameters: Any) -> Image:
    return np.asarray(imgcuda.apply(image, "white-balance", device=device, **parameters))


def exact(colors: Image, method: str, percentile: float = 99) -> Image:
    if method == "gray-world":
        means = colors.mean(axis=(0, 1))
        return np.asarray(colors * np.where(means > 0, means.mean() / np.maximum(means, 1e-9), 1))
    whites = np.percentile(colors, percentile, axis=(0, 1), method="inverted_cdf")
    return np.asarray(colors * np.where(whites > 0, 1 / np.maximum(whites, 1e-9), 1))


def test_the_means_become_equal_or_the_brightest_white(device: str) -> None:
    image = np.array([[[50, 100, 0], [150, 100, 0]]], np.uint8)  # means 100, 100 and 0, of which the mean is 66.7
    assert balance(image, device).tolist() == [[[33, 67, 0], [100, 67, 0]]]
    made = balance(image, device, method="white-patch", percentile=100)
    assert made.tolist() == [[[85, 255, 0], [255, 255, 0]]]


test_any_image_matches_numpy = matches(
    "white-balance",
    lambda image, **given: by_colors(image, lambda colors: exact(colors, **given)),
    TOLERANCE,
    shapes=SHAPES,
    settings=[{"method": "gray-world"}, {"method": "white-patch", "percentile": 90.0}],
)


@pytest.mark.parametrize("method", ["gray-world", "white-patch"])
def test_the_color_of_a_light_is_removed(device: str, method: str, picture: Image) -> None:
    lit = np.clip(np.rint(picture * np.array([0.9, 0.7, 0.5])), 0, 255).astype(np.uint8)
    before, after = (balance(image, device, method=method) for image in (picture // 2, lit // 2))
    assert np.abs(before.mean(axis=(0, 1)) / before.mean() - after.mean(axis=(0, 1)) / after.mean()).max() < 0.03


def test_what_is_not_a_number_does_not_count(device: str) -> None:
    image = np.array([[0.5, np.nan, 0.25, np.inf]], np.float32)
    assert_close(balance(image, device, method="white-patch", percentile=100), [[1, np.nan, 0.5, np.inf]], 2e-5)
