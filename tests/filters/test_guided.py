"""The guided filter: by hand, in float64 by SciPy's means, and by what holds for any."""

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
from support.references import BORDERS, by_channels, has_alpha, matches

Image = npt.NDArray[Any]
Make = Callable[..., Image]


def guided(image: Image, device: str, **parameters: Any) -> Image:
    return np.asarray(imgcuda.apply(image, "guided", device=device, **parameters))


def exact(image: Image, radius: int = 4, eps: float = 0.01, border: str = "reflect") -> Image:
    """Return the filter by its definition, in float64."""

    def mean(plane: Image) -> Image:
        return np.asarray(ndimage.uniform_filter(plane, 2 * radius + 1, mode=border))

    def plane(values: Image) -> Image:
        middle = mean(values)
        variance = mean(values**2) - middle**2
        slope = variance / (variance + eps)
        return np.asarray(mean(slope) * values + mean(middle - slope * middle))

    return by_channels(image, plane)


def test_a_step_keeps_the_part_of_it_that_varies_enough(device: str) -> None:
    # Each row is 0.4 | 0.6. Of 3 by reflection the first has 0.4 twice and 0.6 once: the mean is 0.4667 and the
    # variance 0.04 * 2 / 9 = 0.00889. With that as eps, a is 1 / 2 in both pixels, so its mean is, too; the mean of
    # b = m / 2 is (0.4667 * 2 + 0.5333) / 3 / 2 = 0.24444. The result is 0.2 + 0.24444.
    image = np.array([[0.4, 0.6]] * 3, np.float32)
    made = guided(image, device, radius=1, eps=0.04 * 2 / 9)
    assert_close(made, [[0.444444, 0.555556]] * 3, 1e-5)


test_any_image_is_as_defined = matches(
    "guided",
    exact,
    lambda image: {"uint8": 1, "uint16": 1, "float32": 2e-6}[image.dtype.name] * (4 if has_alpha(image) else 1),
    settings=[{"radius": 3}],
)


@pytest.mark.parametrize("border", list(map(exhaustive, BORDERS)))
def test_any_border_is_as_defined(device: str, border: str, random_image: Make) -> None:
    for dtype, allowed in (("uint8", 1), ("float32", 5e-6)):
        image = random_image((140, 170, 3), dtype)
        for radius in (1, 12, 40):
            made = guided(image, device, radius=radius, eps=0.02, border=border)
            assert_close(made, exact(image, radius, 0.02, border), allowed)


def test_a_flat_image_stays_flat(device: str) -> None:
    for level in (0, 77, 255):
        image = np.full((40, 150), level, np.uint8)
        assert_close(guided(image, device), image)


def test_an_edge_is_kept_and_noise_is_not(device: str) -> None:
    image = np.where(np.arange(40) < 20, 60.0, 190.0)[None].repeat(40, axis=0)
    noisy = (image + np.random.default_rng(0).normal(0, 6, image.shape)).astype(np.uint8)
    made = guided(noisy, device, eps=0.003).astype(float)
    assert np.abs(made - image).mean() < np.abs(noisy - image).mean() / 2
    assert (made[:, 20] - made[:, 19]).min() > 100
