"""Vignette: against numbers done by hand, and against its formula in float64."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import imgcuda
from imgcuda.testing import assert_close
from imgcuda.testing.contract_checks import KINDS
from support.matrix import matrix

Image = npt.NDArray[Any]
Make = Callable[..., Image]

DEFAULTS = {"amount": 0.6, "radius": 0.35, "softness": 0.65, "roundness": 1.0}
CHOICES: list[dict[str, float]] = [
    {},
    {"amount": 1, "radius": 0, "softness": 1},
    {"amount": -0.7, "radius": 0.1, "softness": 0.3, "roundness": 0.3},
    {"roundness": 0, "radius": 0.6, "softness": 0.5},
]
SHAPES = [(1, 1), (1, 50), (50, 1), (2, 2), (17, 31), (40, 30, 1), (40, 30, 2), (33, 65, 4), (5, 700, 3), (300, 517, 3)]
TOLERANCE = {"uint8": 1, "uint16": 1, "float32": 5e-7}
"""Measured: 2e-7, for floats. Levels differ by 1 only where float64 itself ends next to a half."""


def vignette(image: Image, device: str, **parameters: Any) -> Image:
    return np.asarray(imgcuda.apply(image, "vignette", device=device, **parameters))


def light(shape: tuple[int, ...], *, amount: float, radius: float, softness: float, roundness: float) -> Image:
    """Return what colors are multiplied by, in float64."""
    height, width = shape[:2]
    y, x = (np.arange(size) - (size - 1) / 2 for size in (height, width))
    circle = 4 * (x**2 + y[:, None] ** 2) / (width**2 + height**2)
    ellipse = 2 * ((x / width) ** 2 + (y[:, None] / height) ** 2)
    distance = np.sqrt(roundness * circle + (1 - roundness) * ellipse)
    t = np.clip((distance - radius) / max(softness, 1e-4), 0, 1)
    return np.asarray(1 - amount * (3 * t**2 - 2 * t**3))


def exact(image: Image, **parameters: float) -> Image:
    """Return the result in float64, neither rounded nor clipped; alpha stays."""
    samples = image.reshape(*image.shape[:2], -1).astype(np.float64)
    colors = samples.shape[2] - (samples.shape[2] in (2, 4))
    samples[..., :colors] *= light(image.shape, **{**DEFAULTS, **parameters})[..., None]
    return samples.reshape(image.shape)


# By hand


def test_the_light_falls_off_from_the_center_to_the_corners(device: str) -> None:
    # The middles of 3x3 pixels are 0, 2/sqrt(18) = 0.4714 and 2 sqrt(2)/sqrt(18) = 2/3 from the center; with t = d:
    # 1 - (3 t^2 - 2 t^3) = 1, 0.5428 and 0.2593.
    made = vignette(np.full((3, 3), 200, np.uint8), device, amount=1, radius=0, softness=1)
    assert made.tolist() == [[52, 109, 52], [109, 200, 109], [52, 109, 52]]


def test_half_way_half_of_the_amount_is_lost(device: str) -> None:
    # In a line of 10 pixels the distances are 0.1, 0.3, 0.5, 0.7 and 0.9 half diagonals, but for the height of 1.
    image = np.full((1, 10), 100, np.float32)
    made = vignette(image, device, amount=0.5, radius=0.3, softness=0.4)[0, 5:]
    at = np.arange(5) / 5 + 0.1
    assert_close(made, 100 * (1 - 0.5 * np.interp(at, [0.3, 0.5, 0.7], [0, 0.5, 1])), 0.5)


def test_without_softness_there_is_an_edge(device: str) -> None:
    image = np.full((1, 10), 100, np.uint8)
    made = vignette(image, device, amount=0.25, radius=0.6, softness=0)
    assert made.tolist() == [[75, 75, 100, 100, 100, 100, 100, 100, 75, 75]]


def test_an_ellipse_has_the_images_own_shape(device: str) -> None:
    wide = np.full((20, 60), 200, np.uint8)
    edge = {"amount": 1, "radius": 0.7, "softness": 0}
    ellipse = vignette(wide, device, roundness=0, **edge) > 0
    # Half of the diagonal of a square, 0.7071, is where an ellipse would touch all four sides: 0.7 is 1 % less.
    assert ellipse[10].sum() == 60
    assert ellipse[:, 30].sum() == 20
    circle = vignette(wide, device, **edge) > 0
    assert circle[10].sum() == 44  # 0.7 of the half diagonal, 31.6, is 22.1
    assert circle[:, 30].sum() == 20


def test_below_zero_the_corners_are_lit_and_clipped(device: str) -> None:
    made = vignette(np.full((9, 9), 100, np.uint8), device, amount=-1, radius=0, softness=0.5)
    assert (made[4, 4], made[0, 0]) == (100, 200)
    assert vignette(np.full((9, 9), 200, np.uint8), device, amount=-1, radius=0, softness=0.5)[0, 0] == 255
    floats = vignette(np.full((9, 9), 0.9, np.float32), device, amount=-1, radius=0, softness=0.5)
    assert floats[0, 0] == np.float32(1.8)


# In float64


@matrix(shape=SHAPES, dtype=list(TOLERANCE))
def test_any_image_matches_float64(device: str, shape: tuple[int, ...], dtype: str, random_image: Make) -> None:
    image = random_image(shape, dtype)
    for choice in CHOICES:
        made, wanted = vignette(image, device, **choice), exact(image, **choice)
        assert made.dtype == dtype
        if dtype != "float32":
            wanted = np.clip(np.rint(wanted), 0, np.iinfo(dtype).max)
        assert_close(made, wanted, TOLERANCE[dtype])


def test_whole_numbers_are_off_only_next_to_a_half(device: str, random_image: Make) -> None:
    image = random_image((300, 517, 3))
    # Measured: 4e-6.
    assert np.count_nonzero(vignette(image, device) != np.rint(exact(image))) <= 2e-5 * image.size


# What holds for any


def test_without_amount_nothing_changes(device: str, random_image: Make) -> None:
    for dtype, channels in KINDS:
        image = random_image((33, 65, channels), dtype)
        assert_close(vignette(image, device, amount=0), image)


@pytest.mark.parametrize("turn", [np.fliplr, np.flipud], ids=["mirrored left to right", "upside down"])
def test_an_image_turned_before_is_the_result_turned_after(
    device: str, turn: Callable[[Image], Image], random_image: Make
) -> None:
    image = random_image((61, 230, 3))
    assert_close(vignette(turn(image), device), turn(vignette(image, device)))


def test_an_image_on_its_side_is_as_upright(device: str, random_image: Make) -> None:
    image = random_image((61, 230))
    assert_close(vignette(image.T, device, roundness=0.4), vignette(image, device, roundness=0.4).T, 1)


def test_within_the_radius_nothing_changes(device: str, random_image: Make) -> None:
    image = random_image((80, 80, 3))
    inside = light(image.shape, amount=1, radius=0.5, softness=0, roundness=1) == 1
    assert_close(vignette(image, device, radius=0.51)[inside], image[inside])


def test_alpha_is_kept(device: str, random_image: Make) -> None:
    for shape, dtype in (((33, 65, 4), "uint8"), ((40, 30, 2), "uint16")):
        image = random_image(shape, dtype)
        assert_close(vignette(image, device)[..., -1], image[..., -1])
