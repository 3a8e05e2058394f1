"""Local contrast: by hand, and against SciPy's Gaussian in float64."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import imgcuda
from imgcuda import white_level
from imgcuda.testing import assert_close
from imgcuda.testing.contract_checks import random_image
from support.luminance import luminance_and_around
from support.matrix import exhaustive
from support.references import BORDERS, FEW_SHAPES, has_alpha, matches, seldom_transparent

Image = npt.NDArray[Any]


def local_contrast(image: Image, device: str, **parameters: Any) -> Image:
    return np.asarray(imgcuda.apply(image, "local-contrast", device=device, **parameters))


def exact(image: Image, border: str = "reflect", sigma: float = 30.0, amount: float = 0.5) -> Image:
    top = white_level(image.dtype)
    light, around = luminance_and_around(image, sigma, border)
    made = image.astype(np.float64).reshape(*image.shape[:2], -1)
    made[..., : made.shape[2] - has_alpha(image)] += amount * (light - around) * top
    made = made.reshape(image.shape)
    return made if image.dtype.kind == "f" else np.clip(made, 0, top)


def test_a_bright_pixel_is_raised_by_a_part_of_its_difference(device: str) -> None:
    image = np.full((41, 41, 3), 100, np.uint8)
    image[20, 20] = (180, 130, 160)  # of luminance 148, and blurred 100.3
    made = local_contrast(image, device, sigma=5)
    assert made[20, 20].tolist() == [204, 154, 184]
    assert made[20, 21].tolist() == [100, 100, 100]


def test_a_flat_image_stays(device: str) -> None:
    image = np.full((20, 30, 4), (10, 200, 90, 77), np.uint8)
    assert_close(local_contrast(image, device, amount=10), image, 0)


def test_hues_stay(device: str) -> None:
    image = random_image((40, 50, 3), np.float32)
    more = local_contrast(image, device) - image
    assert_close(more[..., 0], more[..., 1], 1e-6)
    assert_close(more[..., 0], more[..., 2], 1e-6)


test_any_image_matches_scipy = matches(
    "local-contrast",
    exact,
    {"uint8": 0.6, "uint16": 1.5, "float32": 2e-6},
    shapes=FEW_SHAPES,
    images=seldom_transparent,
    settings=[{"sigma": 5.0, "amount": 2.0}],
)

# The filters that it runs are tested with each border.
test_any_image_at_any_border_matches_scipy = pytest.mark.exhaustive(
    matches(
        "local-contrast",
        exact,
        {"uint8": 0.6, "uint16": 1.5, "float32": 2e-6},
        shapes=[(17, 31), (1, 1)],
        images=seldom_transparent,
        settings=[{"sigma": 5.0, "amount": 2.0}],
        border=BORDERS,
    )
)


@pytest.mark.parametrize("sigma", [30.0, exhaustive(100.0)])
def test_a_large_radius_is_within_a_tenth_of_a_level(device: str, sigma: float) -> None:
    image = random_image((61, 230))
    assert_close(local_contrast(image, device, sigma=sigma), exact(image, sigma=sigma), 0.6)
