"""Gabor: by hand, and against scikit-image in float64."""

from __future__ import annotations

from math import ceil, log, pi, sqrt
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy import ndimage
from skimage.filters import gabor as scikit_gabor
from skimage.filters import gabor_kernel

import imgcuda
from imgcuda.testing import assert_close
from imgcuda.testing.contract_checks import random_image
from support.installed import installed
from support.matrix import exhaustive
from support.references import FEW_SHAPES, OTHERS_BORDERS, by_channels, matches, padded, seldom_transparent

Image = npt.NDArray[Any]


def gabor(image: Image, device: str, **parameters: Any) -> Image:
    return np.asarray(imgcuda.apply(image, "gabor", device=device, **parameters))


def exact(
    image: Image, border: str = "reflect", frequency: float = 0.1, theta: float = 0.0, scale: float = 1.0
) -> Image:
    kernel: Any = gabor_kernel
    weights = np.real(kernel(frequency, np.radians(theta), dtype=np.complex128)) * scale
    reach = weights.shape[0] // 2

    def convolved(plane: Image) -> Any:
        # Padded here: SciPy's convolve reads other pixels where an image of 2x2 is smaller than half the kernel.
        around = padded(plane, reach, border)
        return ndimage.convolve(around, weights)[reach:-reach, reach:-reach]

    return by_channels(image, convolved, keep_alpha=True)


def stripes(wave: float, angle: float) -> Image:
    rows, columns = np.mgrid[:80, :90]
    turn = 2 * pi / wave * (columns * np.cos(np.radians(angle)) + rows * np.sin(np.radians(angle)))
    return np.asarray(0.5 + 0.5 * np.cos(turn), np.float32)


def test_stripes_of_its_own_width_and_direction_are_strongest(device: str) -> None:
    def strength(wave: float, angle: float) -> float:
        return float(gabor(stripes(wave, angle), device, theta=30)[25:-25, 25:-25].std())

    # A wave of amplitude 0.5, of which a window that adds up to 1 leaves half: 0.25 / sqrt(2).
    assert abs(strength(10, 30) - 0.25 / sqrt(2)) < 0.005
    assert max(strength(10, 120), strength(10, 75), strength(20, 30), strength(5, 30)) < 0.05


def test_one_octave_is_the_default(device: str) -> None:
    sigma = 3 / pi * sqrt(log(2) / 2) / 0.25
    image = random_image((40, 50), np.float32)
    assert_close(gabor(image, device, frequency=0.25), gabor(image, device, frequency=0.25, sigma=sigma), 1e-7)
    assert installed().create("gabor", {"frequency": 0.25}).halo == ceil(3 * sigma)


test_any_image_at_any_border_matches_scikit_image = matches(
    "gabor",
    exact,
    {"uint8": 1, "uint16": 1, "float32": 2e-6},
    shapes=FEW_SHAPES,
    images=seldom_transparent,
    settings=[{"frequency": 0.2, "theta": 30.0}],
    border=OTHERS_BORDERS,
)


@pytest.mark.parametrize(
    ("frequency", "theta", "sigma"),
    [(0.05, 60, 0), (0.3, -200, 4), exhaustive(0.03, 45, 0), exhaustive(0.5, 10, 1), exhaustive(0.1, 90, 21)],
)
def test_both_parts_match_scikit_image(device: str, frequency: float, theta: float, sigma: float) -> None:
    image = random_image((61, 230), np.float32)
    wide = {"sigma_x": sigma, "sigma_y": sigma} if sigma else {}
    parts: Any = scikit_gabor
    real, imaginary = parts(image.astype(np.float64), frequency, np.radians(theta), **wide)
    parameters = {"frequency": frequency, "theta": theta, "sigma": sigma}
    assert_close(gabor(image, device, **parameters), real, 1e-6)
    assert_close(gabor(image, device, **parameters, phase=-90), imaginary, 1e-6)
