"""The Laplacian of the Gaussian: by hand, and against SciPy in float64."""

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
from support.references import BORDERS, FEW_SHAPES, by_channels, has_alpha, matches, seldom_transparent

Image = npt.NDArray[Any]


def laplacian(image: Image, device: str, **parameters: Any) -> Image:
    return np.asarray(imgcuda.apply(image, "laplacian-of-gaussian", device=device, **parameters))


def exact(image: Image, border: str = "reflect", sigma: float = 2.0, scale: float = 1.0) -> Image:
    return by_channels(
        image, lambda plane: scale * ndimage.gaussian_laplace(plane, sigma, mode=border), keep_alpha=True
    )


def test_a_bright_blob_is_negative_and_a_negative_scale_shows_it(device: str) -> None:
    image = np.zeros((21, 21), np.uint8)
    image[10, 10] = 255
    # -2 / sigma^2 * 255 / (2 pi sigma^2) is -5.07 in the middle; it is 0 at sqrt(2) sigma, 2.8 pixels away.
    assert laplacian(image, device)[10].tolist()[10:15] == [0, 0, 0, 0, 1]
    assert laplacian(image, device, scale=-10)[10].tolist()[10:15] == [51, 39, 15, 0, 0]
    assert laplacian(image, device, scale=-10, offset=0.5)[10].tolist()[10:15] == [178, 167, 143, 125, 121]


def test_an_even_slope_hardly_curves(device: str) -> None:
    # The weights are cut off after four standard deviations: what they add up to is 1.5e-4 from 0, as SciPy's.
    image = np.tile(np.arange(80, dtype=np.float32), (40, 1))
    assert np.abs(laplacian(image, device)[:, 8:-8]).max() < 80 * 1.6e-4


test_any_image_matches_scipy = matches(
    "laplacian-of-gaussian",
    exact,
    lambda image: 1 if image.dtype.kind == "u" else 2e-6 if has_alpha(image) else 5e-7,
    shapes=FEW_SHAPES,
    images=seldom_transparent,
    settings=[{"scale": 4.0}],
)

# The filters that it runs are tested with each border.
test_any_image_at_any_border_matches_scipy = pytest.mark.exhaustive(
    matches(
        "laplacian-of-gaussian",
        exact,
        lambda image: 1 if image.dtype.kind == "u" else 2e-6 if has_alpha(image) else 5e-7,
        shapes=[(17, 31), (1, 1)],
        images=seldom_transparent,
        settings=[{"scale": 4.0}],
        border=BORDERS,
    )
)


@pytest.mark.parametrize("sigma", [0.5, 16, *map(exhaustive, (0.3, 1, 5))])
def test_any_sigma_matches_scipy(device: str, sigma: float) -> None:
    image = random_image((61, 230), np.float32)
    assert_close(laplacian(image, device, sigma=sigma, scale=sigma**2), exact(image, sigma=sigma, scale=sigma**2), 3e-6)
