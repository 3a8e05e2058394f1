"""Tilt-shift: by what holds for any, and against blurs of SciPy that are weighted in float64."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import imgcuda
from imgcuda.testing import assert_close
from support.luminance import blurred
from support.matrix import exhaustive
from support.references import BORDERS, matches, premultiplied, seldom_transparent

Image = npt.NDArray[Any]
Make = Callable[..., Image]


def tilt_shift(image: Image, device: str, **parameters: Any) -> Image:
    return np.asarray(imgcuda.apply(image, "tilt-shift", device=device, **parameters))


def own_sigma(
    shape: tuple[int, ...], position: float, width: float, falloff: float, angle: float, sigma: float
) -> Image:
    """Return the standard deviation of each pixel's blur."""
    rows, columns = np.indices(shape[:2])
    turn = np.radians(angle)
    aside, below = columns - (shape[1] - 1) / 2, rows + 0.5 - position * shape[0]
    distance = np.abs(aside * np.sin(turn) + below * np.cos(turn)) - width * shape[0] / 2
    return np.asarray(sigma * np.clip(distance / (falloff * shape[0]), 0, 1))


def exact(
    image: Image,
    position: float = 0.5,
    width: float = 0.2,
    falloff: float = 0.3,
    angle: float = 0,
    sigma: float = 6,
    border: str = "reflect",
) -> Image:
    sigmas = [sigma]
    while sigmas[0] > 1:
        sigmas.insert(0, sigmas[0] / 2)
    variance = own_sigma(image.shape, position, width, falloff, angle, sigma)[..., None] ** 2

    def formula(planes: Image) -> Image:
        blurs = [planes, *(blurred(planes, each, border) for each in sigmas)]
        of_each = zip(np.eye(len(blurs)), blurs, strict=True)
        return np.asarray(sum(np.interp(variance, np.square([0, *sigmas]), one) * blur for one, blur in of_each))

    return premultiplied(image, formula)


def test_the_band_is_sharp_and_the_ends_are_blurred(device: str, random_image: Make) -> None:
    image = random_image((200, 90), np.float32)
    made = tilt_shift(image, device, position=0.25, width=0.2, falloff=0.1, sigma=3)
    assert_close(made[30:70], image[30:70])
    assert_close(made[90:], np.asarray(imgcuda.apply(image, "blur", device=device, sigma=3))[90:], 1e-6)
    assert (made[75:80] != image[75:80]).all()


def test_what_is_not_a_number_spreads_only_where_it_is_blurred(device: str, random_image: Make) -> None:
    image = random_image((200, 90), np.float32)
    image[69, 40] = np.nan
    made = tilt_shift(image, device, position=0.25, width=0.2, falloff=0.1, sigma=3)
    assert_close(np.delete(made[30:70].ravel(), 39 * 90 + 40), np.delete(image[30:70].ravel(), 39 * 90 + 40))
    assert np.isnan(made[71:]).any()


def test_a_turned_band_is_that_of_the_turned_image(device: str, random_image: Make) -> None:
    image = random_image((80, 80, 3))
    upright = tilt_shift(image.transpose(1, 0, 2), device, angle=90).transpose(1, 0, 2)
    assert_close(upright, tilt_shift(image, device), 1)
    assert_close(tilt_shift(image[:, ::-1], device, angle=-30)[:, ::-1], tilt_shift(image, device, angle=30), 1)


def test_the_spread_of_a_point_is_that_of_its_own_blur(device: str) -> None:
    image = np.zeros((1, 401), np.float32)  # a row, which a band along it blurs evenly
    image[0, 200] = 1
    made = tilt_shift(image, device, width=0, position=1.2, falloff=1.0, sigma=4)
    variance = (made[0] * (np.arange(401) - 200.0) ** 2).sum() / made[0].sum()
    assert variance == pytest.approx((4 * 0.7) ** 2, rel=0.01)


SETTINGS: list[dict[str, Any]] = [{}, {"angle": 35, "position": 0.3, "sigma": 0.9}]

test_any_image_matches_scipy = pytest.mark.exhaustive(
    matches(
        "tilt-shift",
        exact,
        {"uint8": 1, "uint16": 1, "float32": 1e-5},
        images=seldom_transparent,
        settings=SETTINGS,
    )
)


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 50, 3), (50, 1, 3), (37, 53, 3), (140, 200, 3)], ids=str)
def test_colors_match_scipy(device: str, shape: tuple[int, ...], random_image: Make) -> None:
    image = random_image(shape)
    for setting in SETTINGS:
        assert_close(tilt_shift(image, device, **setting), exact(image, **setting), 1)


@pytest.mark.parametrize("border", [exhaustive(border) for border in BORDERS])
def test_beyond_the_edge_is_what_the_border_says(device: str, border: str, random_image: Make) -> None:
    image = random_image((40, 50))
    assert_close(tilt_shift(image, device, border=border), exact(image, border=border), 1)


@pytest.mark.parametrize("sigma", [0.1, 1, 1.01, exhaustive(8), exhaustive(50)])
def test_any_sigma_matches_scipy(device: str, sigma: float, random_image: Make) -> None:
    image = random_image((150, 60, 3))
    made = tilt_shift(image, device, sigma=sigma, falloff=0.0, width=0.3)
    assert_close(made, exact(image, sigma=sigma, falloff=1e-6, width=0.3), 1)
