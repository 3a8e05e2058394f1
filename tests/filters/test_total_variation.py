"""Total variation: by hand, against scikit-image in float64, and by what a minimum has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from skimage import restoration

import imgcuda
from imgcuda.testing import assert_close
from support.matrix import exhaustive
from support.references import by_channels, matches

Image = npt.NDArray[Any]
Make = Callable[..., Image]

chambolle: Any = restoration.denoise_tv_chambolle  # without types


def denoised(image: Image, device: str, **parameters: Any) -> Image:
    return np.asarray(imgcuda.apply(image, "total-variation", device=device, **parameters))


def exact(image: Image, weight: float = 0.1, iterations: int = 30) -> Image:
    """Return scikit-image's result after as many iterations, in float64."""
    return by_channels(image, lambda plane: np.asarray(chambolle(plane, weight, eps=0, max_num_iter=iterations)))


def variation(image: Image) -> float:
    """Return the sum of the lengths of all gradients, where 1 is as black and white differ."""
    down, along = (np.diff(image.astype(float) / 255, axis=axis, append=image.take([-1], axis)) for axis in (0, 1))
    return float(np.hypot(down[:-1, :-1], along[:-1, :-1]).sum())


def test_a_step_flows_over_its_edge(device: str) -> None:
    # A step of 0.8 in each row: a quarter of it flows to the left, divided by 1 + 0.25 / weight * 0.8 = 3.
    image = np.array([[0.1, 0.9]] * 3, np.float32)
    made = denoised(image, device, weight=0.1, iterations=2)
    assert_close(made, [[0.1 + 0.2 / 3, 0.9 - 0.2 / 3]] * 3, 1e-6)


# Compiling kernels for each type and channel count is most of what tests cost.
test_any_image_matches_scikit_image = pytest.mark.exhaustive(
    matches(
        "total-variation",
        exact,
        {"uint8": 1, "uint16": 1, "float32": 2e-6},
        settings=[{"iterations": 6, "weight": 0.3}],
    )
)


@pytest.mark.parametrize("shape", [(37, 53), (1, 1), (1, 50), (50, 1), (33, 65, 4)])
def test_an_image_of_bytes_matches_scikit_image(device: str, shape: tuple[int, ...], random_image: Make) -> None:
    image = random_image(shape)
    assert_close(denoised(image, device, weight=0.3, iterations=6), exact(image, 0.3, 6), 1)


@pytest.mark.parametrize("iterations", [30, exhaustive(200)])
@pytest.mark.parametrize("weight", [0.1, exhaustive(0.001), exhaustive(10.0)])
def test_many_iterations_match_scikit_image(device: str, weight: float, iterations: int, random_image: Make) -> None:
    image = random_image((61, 83))
    made = denoised(image, device, weight=weight, iterations=iterations)
    assert_close(made, exact(image, weight, iterations), 1)


def test_a_flat_image_and_the_mean_stay(device: str, random_image: Make) -> None:
    assert_close(denoised(np.full((40, 150), 77, np.uint8), device), np.full((40, 150), 77))
    image = random_image((61, 130))
    assert abs(denoised(image, device).mean() - image.mean()) < 0.1


def test_noise_goes_and_an_edge_is_kept(device: str) -> None:
    image = np.where(np.arange(40) < 20, 60.0, 190.0)[None].repeat(40, axis=0)
    noisy = (image + np.random.default_rng(0).normal(0, 6, image.shape)).astype(np.uint8)
    made = denoised(noisy, device)
    assert variation(made) < 0.5 * variation(noisy)
    assert np.abs(made - image).mean() < np.abs(noisy - image).mean() / 2
    assert (made[:, 20].astype(int) - made[:, 19]).min() > 100


def test_in_strips_it_is_the_same(device: str, random_image: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    image = random_image((1100, 60))
    whole = denoised(image, device, iterations=8)
    monkeypatch.setenv("IMGCUDA_MEMORY_LIMIT", str(10 * image.nbytes))
    assert_close(denoised(image, device, iterations=8), whole, 0)
