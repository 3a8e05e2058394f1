"""The Kuwahara filter: by hand, in float64 by SciPy's means, and by what holds for any."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import imgcuda
from imgcuda import white_level
from imgcuda.testing import assert_close
from support.matrix import exhaustive
from support.references import BORDERS, has_alpha, matches, padded, premultiplied

Image = npt.NDArray[Any]
Make = Callable[..., Image]


def kuwahara(image: Image, device: str, **parameters: Any) -> Image:
    return np.asarray(imgcuda.apply(image, "kuwahara", device=device, **parameters))


def exact(image: Image, radius: int = 3, border: str = "reflect") -> Image:
    """Return the filter by its definition: in whole numbers, as exact as they are, or else in float64."""
    if image.dtype.kind == "f" or has_alpha(image):
        return premultiplied(image, lambda values: evenest(values, radius, border))
    made = evenest(np.atleast_3d(image).astype(np.int64), radius, border)
    return np.clip(np.rint(made), 0, white_level(image.dtype)).reshape(image.shape)


def evenest(values: Image, radius: int, border: str) -> Image:
    """Return the mean of the square with the least variance."""
    around = padded(values, radius, border)
    side = radius + 1
    squares = np.lib.stride_tricks.sliding_window_view(around, (side, side), (0, 1))
    first, second = squares.sum(axis=(-2, -1)), (squares**2).sum(axis=(-2, -1))
    spread = (side * side * second - first**2).sum(axis=2)
    height, width = values.shape[:2]
    corners = [(j, i) for j in (0, radius) for i in (0, radius)]
    spreads = np.stack([spread[j : j + height, i : i + width] for j, i in corners])
    means = np.stack([first[j : j + height, i : i + width] for j, i in corners]) / side**2
    return np.asarray(np.take_along_axis(means, spreads.argmin(axis=0)[None, ..., None], axis=0)[0])


def test_each_pixel_takes_the_evenest_of_four_squares(device: str) -> None:
    # Around the middle: 10 10 30 50, then 10 14 50 50, then 30 50 52 46, and 50 50 46 90.
    image = np.array([[10, 10, 14], [30, 50, 50], [52, 46, 90]], np.uint8)
    made = kuwahara(image, device, radius=1)
    assert made[1, 1] == 44  # the mean of 30, 50, 52 and 46 is 44.5, which is rounded to even


def test_an_edge_stays_sharp_and_noise_goes(device: str) -> None:
    image = np.where(np.arange(40) < 20, 60.0, 190.0)[None].repeat(40, axis=0)
    noisy = (image + np.random.default_rng(0).normal(0, 6, image.shape)).astype(np.uint8)
    made = kuwahara(noisy, device).astype(float)
    assert np.abs(made - image).mean() < np.abs(noisy - image).mean() / 2
    assert (made[:, 20] - made[:, 19]).min() > 115


test_any_image_is_as_defined = matches(
    "kuwahara",
    exact,
    lambda image: 1 if has_alpha(image) and image.dtype != np.float32 else 0 if image.dtype != np.float32 else 2e-6,
    settings=[{"radius": 2}],
    border=["reflect", "constant"],
)


@pytest.mark.parametrize("border", list(map(exhaustive, BORDERS)))
def test_any_radius_is_as_defined(device: str, border: str, random_image: Make) -> None:
    for dtype in ("uint8", "uint16"):
        image = random_image((40, 70, 3), dtype)
        for radius in (1, 3, 8):
            assert_close(kuwahara(image, device, radius=radius, border=border), exact(image, radius, border))


def test_an_infinite_sample_stays_alone(device: str, random_image: Make) -> None:
    image = random_image((20, 20), np.float32)
    image[10, 10] = np.inf
    made = kuwahara(image, device)
    assert np.isfinite(np.delete(made.ravel(), 10 * 20 + 10)).all()
