"""The difference of Gaussians: by hand, and against SciPy and scikit-image in float64."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy import ndimage
from skimage.filters import difference_of_gaussians

import imgcuda
from imgcuda import ParameterError
from imgcuda.testing import assert_close
from imgcuda.testing.contract_checks import random_image
from support.installed import installed
from support.matrix import exhaustive
from support.references import FEW_SHAPES, OTHERS_BORDERS, matches, seldom_transparent, sum_of_blurs

Image = npt.NDArray[Any]

TOLERANCE = {"uint8": 0.501, "uint16": 0.6, "float32": 2e-6}


def dog(image: Image, device: str, **parameters: Any) -> Image:
    return np.asarray(imgcuda.apply(image, "difference-of-gaussians", device=device, **parameters))


def gaussian(sigma: float, border: str) -> Callable[[Image], Image]:
    return lambda plane: np.asarray(ndimage.gaussian_filter(plane, sigma, mode=border))


def exact(
    image: Image, border: str = "reflect", low_sigma: float = 1.0, high_sigma: float = 1.6, **more: float
) -> Image:
    scale = more.get("scale", 1.0)
    terms = [(scale, gaussian(low_sigma, border)), (-scale, gaussian(high_sigma, border))]
    return sum_of_blurs(image, terms, more.get("offset", 0.0))


def test_a_bright_pixel_has_a_bright_middle_and_a_dark_ring(device: str) -> None:
    image = np.zeros((15, 15), np.uint8)
    image[7, 7] = 255
    # 255 / (2 pi) * (1 - 1 / 1.6^2) is 24.7 in the middle.
    assert dog(image, device)[7].tolist() == [0, 0, 0, 0, 0, 0, 12, 25, 12, 0, 0, 0, 0, 0, 0]
    assert dog(image, device, offset=0.5)[7, 4:11].tolist() == [125, 126, 139, 152, 139, 126, 125]


@pytest.mark.parametrize("channels", [1, 4])
def test_a_flat_image_is_black_or_the_offset(device: str, channels: int) -> None:
    image = np.full((20, 30, channels), 200, np.uint8)
    flat = image.copy()
    flat[..., : channels - (channels == 4)] = 128
    assert_close(dog(image, device, offset=0.5, scale=100), flat)


test_any_image_at_any_border_matches_scipy = matches(
    "difference-of-gaussians",
    exact,
    TOLERANCE,
    shapes=FEW_SHAPES,
    images=seldom_transparent,
    settings=[{"offset": 0.5, "scale": 2.0}],
    border=OTHERS_BORDERS,
)


@pytest.mark.parametrize(("low", "high"), [(0.5, 5), exhaustive(1, 12), exhaustive(10, 40)])
def test_scikit_image_agrees(device: str, low: float, high: float) -> None:
    image = random_image((61, 230), np.float32)
    expected = difference_of_gaussians(image.astype(np.float64), low, high, mode="reflect")  # type: ignore[no-untyped-call]
    assert_close(dog(image, device, low_sigma=low, high_sigma=high), expected, 2e-6 if high <= 6 else 1e-4)


def test_the_larger_blur_must_be_the_larger_one() -> None:
    with pytest.raises(ParameterError, match="low_sigma must be at most high_sigma; got 2 and 1"):
        installed().create("dog", {"low_sigma": 2.0, "high_sigma": 1.0})
