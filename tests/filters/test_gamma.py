"""Gamma: by hand, against scikit-image in float64 for every level, and what becomes of floats beyond 0 and 1."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from skimage.exposure import adjust_gamma

import imgcuda
from imgcuda.testing import assert_close
from support.references import by_colors, matches

Image = npt.NDArray[Any]
Make = Callable[..., Image]

GAMMAS = [0.1, 0.25, 0.4, 1 / 2.2, 0.5, 0.7, 1, 1.4, 1.8, 2, 2.2, 2.4, 3, 5, 10]

# Half a level is rounding. What is beyond is for results so near a half that a float's last bits decide.
TOLERANCE = {"uint8": 0.5001, "uint16": 0.53, "float32": 1e-6}


def gamma(image: Image, device: str, **parameters: Any) -> Image:
    return np.asarray(imgcuda.apply(image, "gamma", device=device, **parameters))


def formula(power: float, gain: float = 1) -> Callable[[Image], Image]:
    """Return scikit-image's own, for images in float64."""
    return lambda colors: np.asarray(adjust_gamma(colors, power, gain))  # type: ignore[no-untyped-call]


# By hand


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"gamma": 2}, [0, 10, 64, 255]),  # 51 is a fifth of white, and becomes a fifth of itself
        ({"gamma": 0.5}, [0, 114, 181, 255]),
        ({"gamma": 1}, [0, 51, 128, 255]),
        ({"gamma": 2, "gain": 3}, [0, 31, 193, 255]),
    ],
)
def test_each_sample_is_raised_to_a_power(device: str, parameters: dict[str, float], expected: list[int]) -> None:
    image = np.array([[0, 51, 128, 255]], np.uint8)
    assert gamma(image, device, **parameters).tolist() == [expected]


def test_floats_beyond_0_and_1_are_on_the_same_curve_turned_about_0(device: str) -> None:
    image = np.array([[-2, -0.5, 0, 0.5, 2]], np.float32)
    assert_close(gamma(image, device, gamma=2, gain=4), [[-16, -1, 0, 1, 16]], 1e-5)


def test_alpha_stays(device: str) -> None:
    image = np.array([[[51, 128, 255, 40], [51, 51, 51, 255]]], np.uint8)
    assert gamma(image, device, gamma=2).tolist() == [[[10, 64, 255, 40], [10, 10, 10, 255]]]


# Against scikit-image, in float64


@pytest.mark.parametrize("power", GAMMAS)
def test_every_byte_is_as_scikit_image_has_it(device: str, power: float, every_level: Make) -> None:
    exact = 255 * formula(power)(every_level("uint8") / 255)
    assert_close(gamma(every_level("uint8"), device, gamma=power), np.rint(exact))


@pytest.mark.parametrize("gain", [0.5, 1, 2])
@pytest.mark.parametrize("power", GAMMAS)
def test_every_level_of_16_bits_is_as_scikit_image_has_it(
    device: str, power: float, gain: float, every_level: Make, point_reference: Make
) -> None:
    levels = every_level("uint16")
    expected = point_reference(levels, formula(power, gain))
    assert_close(gamma(levels, device, gamma=power, gain=gain), expected, TOLERANCE["uint16"])


test_any_image_is_as_scikit_image_has_it = matches(
    "gamma",
    lambda image, gamma, gain: by_colors(image, formula(gamma, gain)),
    TOLERANCE,
    settings=[{"gamma": 1.8, "gain": 0.9}, {"gamma": 1.8, "gain": 1}],
)


@pytest.mark.parametrize("power", [0.1, 0.5, 1, 2.2, 3])
def test_floats_of_any_size_match_float64(device: str, power: float) -> None:
    sizes = np.logspace(-10, 10, 10_000, dtype=np.float32).reshape(100, 100)
    expected = sizes.astype(np.float64) ** power
    assert_close(gamma(sizes, device, gamma=power) / expected, np.ones(sizes.shape), 1e-5)


# What holds for any image


@pytest.mark.parametrize("power", [0.1, 1, 2.2, 10])
@pytest.mark.parametrize("gain", [0.01, 1, 100])
def test_no_number_has_an_undefined_result(device: str, gain: float, power: float) -> None:
    sizes = [0, 1e-45, 1e-38, 1e-30, 0.5, 1, 2, 1e30, 3e38, np.inf]
    image = np.array([[*sizes, *(-size for size in sizes)]], np.float32)
    result = gamma(image, device, gamma=power, gain=gain)
    assert not np.isnan(result).any()
    assert_close(result[0, 10:], -result[0, :10])
    assert (result[0, 1:10] >= result[0, :9]).all()


@pytest.mark.parametrize("power", [0.5, 1.8, 3])
def test_the_inverse_power_gives_the_image_again(device: str, power: float, random_image: Make) -> None:
    image = random_image((300, 517, 3), "float32") * 4 - 2
    assert_close(gamma(gamma(image, device, gamma=power), device, gamma=1 / power), image, 2e-6)


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_a_power_of_1_changes_nothing(device: str, dtype: str, random_image: Make) -> None:
    image = random_image((300, 517, 3), dtype)
    assert_close(gamma(image, device, gamma=1), image)


def test_a_power_of_1_changes_no_float(device: str) -> None:
    bits = np.random.default_rng(0).integers(0, 2**32, (64, 64), dtype=np.uint32)
    image = bits.view(np.float32)
    made = imgcuda.apply(image, "gamma", gamma=1.0, device=device)
    assert np.array_equal(made, image, equal_nan=True)


@pytest.mark.parametrize("power", [0.5, 0.9, 1.1, 2.0])
def test_the_smallest_and_the_largest_floats_have_powers(power: float, device: str) -> None:
    values = np.array([[1e-45, 1e-39, 2e-38, 1e-30, 1e30, 3e38, np.inf]], np.float32)
    made = imgcuda.apply(values, "gamma", gamma=power, device=device)
    with np.errstate(over="ignore", under="ignore"):
        wanted = (values.astype(np.float64) ** power).astype(np.float32)
    np.testing.assert_allclose(made, wanted, rtol=1e-4, atol=2e-45)
