"""Sketch: by hand, and against SciPy's blur in float64 and OpenCV's division."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest

import imgcuda
from imgcuda.testing import assert_close
from imgcuda.testing.contract_checks import random_image
from support.luminance import luminance_and_around, parts, put_together
from support.matrix import exhaustive
from support.references import BORDERS, matches

Image = npt.NDArray[Any]


def exact(image: Image, sigma: float = 5, border: str = "reflect") -> Image:
    _, alpha = parts(image)
    light, around = luminance_and_around(image, sigma, border)
    made = np.where(light > 0, np.minimum(light / np.where(around > 0, around, 1e-30), 1), 0)
    return put_together(image, np.where(alpha > 0, made, 0), alpha)


def bright_image(shape: tuple[int, ...], dtype: str) -> Image:
    """Return an image between black and white: a quotient of what is around 0 is anything."""
    image = random_image(shape, dtype)
    return np.clip(image, 0.01, 1) if dtype == "float32" else image


def test_what_is_even_is_white_and_a_dark_line_stays(device: str) -> None:
    image = np.full((60, 61), 100, np.uint8)
    assert (imgcuda.apply(image, "sketch", device=device) == 255).all()
    image[:, 30] = 20
    made = np.asarray(imgcuda.apply(image, "sketch", device=device))
    weight = 1 / (np.sqrt(2 * np.pi) * 5)  # of the line in its own blur
    assert_close(made[:, 30], np.full(60, 255 * 20 / (100 - 80 * weight)), 1)
    assert (made[:, [0, 29, 31, 60]] == 255).all()


def test_opencvs_recipe_makes_the_same(device: str) -> None:
    image = np.asarray(random_image((90, 120), "uint8"))
    negative = cv2.GaussianBlur(255 - image, (0, 0), 3, borderType=cv2.BORDER_REFLECT)
    recipe = cv2.divide(image, 255 - negative, scale=255)
    assert_close(imgcuda.apply(image, "sketch", device=device, sigma=3), recipe, 3)  # its blur is rounded to bytes


test_any_image_matches_scipy = matches(
    "sketch",
    exact,
    {"uint8": 1, "uint16": 2, "float32": 2e-5},
    images=bright_image,
)


@pytest.mark.parametrize("border", [exhaustive(border) for border in BORDERS])
def test_beyond_the_edge_is_what_the_border_says(device: str, border: str) -> None:
    image = bright_image((40, 50), "uint8")
    assert_close(imgcuda.apply(image, "sketch", device=device, border=border), exact(image, border=border), 1)
