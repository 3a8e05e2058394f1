"""High-pass: by hand, and against SciPy's Gaussian in float64."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy import ndimage

import imgcuda
from imgcuda.testing import assert_close
from imgcuda.testing.contract_checks import random_image
from support.matrix import exhaustive
from support.references import BORDERS, FEW_SHAPES, matches, seldom_transparent, sum_of_blurs

Image = npt.NDArray[Any]

TOLERANCE = {"uint8": 0.501, "uint16": 0.6, "float32": 1e-6}


def high_pass(image: Image, device: str, **parameters: Any) -> Image:
    return np.asarray(imgcuda.apply(image, "high-pass", device=device, **parameters))


def exact(image: Image, border: str = "reflect", sigma: float = 4.0, contrast: float = 1.0) -> Image:
    def blur(plane: Image) -> Image:
        return np.asarray(ndimage.gaussian_filter(plane, sigma, mode=border))

    return sum_of_blurs(image, [(contrast, lambda plane: plane), (-contrast, blur)], 0.5)


def test_a_step_is_darker_and_brighter_than_gray_and_gray_far_away(device: str) -> None:
    image = np.full((5, 40), 100, np.uint8)
    image[:, 20:] = 140
    # Half the step is 20; half a pixel from its middle, the blurred step is 40 * 0.5 / (4 sqrt(2 pi)), 2, off its own.
    row = high_pass(image, device)[2].tolist()
    assert (row[19], row[20]) == (109, 146)
    assert {*row[:3], *row[-3:]} <= {127, 128}
    row = high_pass(image, device, contrast=3)[2].tolist()
    assert (row[19], row[20]) == (73, 182)


@pytest.mark.parametrize(("dtype", "gray"), [("uint8", 128), ("float32", 0.5), exhaustive("uint16", 32768)])
def test_a_flat_image_is_gray_with_alpha_or_without(device: str, dtype: str, gray: float) -> None:
    image = np.full((20, 30, 4), 0.3 if dtype == "float32" else 77, dtype)
    made = high_pass(image, device)
    # Half of white lies between two whole levels: the rounding of the blur's sum decides between them.
    tolerance = 1e-6 if dtype == "float32" else 1
    assert_close(made[..., :3], np.full((20, 30, 3), gray), tolerance)
    assert_close(made[..., 3], image[..., 3])
    assert_close(high_pass(image[..., 0].copy(), device), np.full((20, 30), gray), tolerance)


test_any_image_matches_scipy = matches(
    "high-pass",
    exact,
    TOLERANCE,
    shapes=FEW_SHAPES,
    images=seldom_transparent,
)

# The filters that it runs are tested with each border.
test_any_image_at_any_border_matches_scipy = pytest.mark.exhaustive(
    matches("high-pass", exact, TOLERANCE, shapes=[(17, 31), (1, 1)], images=seldom_transparent, border=BORDERS)
)


@pytest.mark.parametrize("sigma", [1.0, exhaustive(20.0)])
def test_the_image_is_the_result_and_the_blur(device: str, sigma: float) -> None:
    image = random_image((61, 230), np.float32)
    blurred = imgcuda.apply(image, "blur", sigma=sigma, device=device)
    assert_close(high_pass(image, device, sigma=sigma) - 0.5 + blurred, image, 1e-6)
