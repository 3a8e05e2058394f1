"""Anisotropic diffusion: by hand, in float64 by MedPy's formula, and by what holds for any flow."""

from __future__ import annotations

from collections.abc import Callable
from math import exp
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import imgcuda
from imgcuda.testing import assert_close
from support.matrix import exhaustive
from support.references import BORDERS, by_channels, matches, padded

Image = npt.NDArray[Any]
Make = Callable[..., Image]

TOLERANCE = {"uint8": 1, "uint16": 1, "float32": 3e-6}


def diffused(image: Image, device: str, **parameters: Any) -> Image:
    return np.asarray(imgcuda.apply(image, "anisotropic-diffusion", device=device, **parameters))


def flow(plane: Image, kappa: float, conduction: str) -> Image:
    """Return what flows over differences."""
    part = (plane / kappa) ** 2
    return np.asarray(plane * np.exp(-part) if conduction == "exponential" else plane / (1 + part))


def exact(
    image: Image,
    iterations: int = 10,
    kappa: float = 0.1,
    gamma: float = 0.2,
    conduction: str = "exponential",
    border: str = "reflect",
) -> Image:
    """Return the filter by its definition, in float64."""

    def plane(values: Image) -> Image:
        for _ in range(iterations):
            around = padded(values, 1, border)
            neighbors = (around[:-2, 1:-1], around[2:, 1:-1], around[1:-1, :-2], around[1:-1, 2:])
            values = values + gamma * sum(flow(each - values, kappa, conduction) for each in neighbors)
        return values

    return by_channels(image, plane)


def test_levels_flow_by_their_difference(device: str) -> None:
    # A step of kappa lets 1 / e of it flow, or a half; the rows above and below are alike.
    image = np.array([[100, 151]] * 3, np.uint8)
    made = diffused(image, device, iterations=1, kappa=0.2, gamma=0.25)
    less = round(0.25 * 51 * exp(-1))
    assert made.tolist() == [[100 + less, 151 - less]] * 3
    made = diffused(image, device, iterations=1, kappa=0.2, gamma=0.25, conduction="reciprocal")
    assert made.tolist() == [[106, 145]] * 3  # a quarter of a half of 51 is 6.375


def test_an_edge_is_kept_and_noise_is_not(device: str) -> None:
    image = np.where(np.arange(40) < 20, 60.0, 190.0)[None].repeat(40, axis=0)
    noisy = (image + np.random.default_rng(0).normal(0, 6, image.shape)).astype(np.uint8)
    made = diffused(noisy, device, iterations=20).astype(float)
    assert np.abs(made - image).mean() < np.abs(noisy - image).mean() / 3
    assert (made[:, 20] - made[:, 19]).min() > 100


test_any_image_is_as_defined = matches(
    "anisotropic-diffusion",
    exact,
    TOLERANCE,
    settings=[{"iterations": 3, "kappa": 0.4}],
    conduction=["exponential", "reciprocal"],
    border=["reflect", "constant"],
)


@pytest.mark.parametrize("border", list(map(exhaustive, BORDERS)))
def test_any_number_of_iterations_is_as_defined(device: str, border: str, random_image: Make) -> None:
    image = random_image((40, 57, 3))
    for iterations in (1, 2, 50):
        made = diffused(image, device, iterations=iterations, kappa=0.5, border=border)
        assert_close(made, exact(image, iterations, 0.5, border=border), 1)


def test_the_sum_of_the_levels_stays(device: str, random_image: Make) -> None:
    image = random_image((61, 130), np.float32)
    made = diffused(image, device, kappa=1.0)
    assert abs(made.mean(dtype=np.float64) - image.mean(dtype=np.float64)) < 1e-6
    assert made.std() < 0.5 * image.std()
