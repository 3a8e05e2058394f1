"""Sigmoidal contrast: by hand, by ImageMagick's formula in float64, and by what holds for any."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy.special import expit, logit

import imgcuda
from imgcuda.testing import assert_close
from support.references import by_colors, matches

Image = npt.NDArray[Any]
Make = Callable[..., Image]

TOLERANCE = {"uint8": 0.501, "uint16": 0.6, "float32": 3e-6}


def sigmoidal(image: Image, device: str, **parameters: Any) -> Image:
    return np.asarray(imgcuda.apply(image, "sigmoidal-contrast", device=device, **parameters))


def exact(colors: Image, contrast: float, midpoint: float = 0.5, inverse: bool = False) -> Image:
    first, last = expit(contrast * (np.array([0, 1]) - midpoint))
    if inverse:
        return np.asarray(logit(first + np.clip(colors, 0, 1) * (last - first)) / contrast + midpoint)
    return np.asarray((expit(contrast * (colors - midpoint)) - first) / (last - first))


def test_dark_becomes_darker_and_bright_brighter(device: str) -> None:
    # S(0.2) is 1 / (1 + e^3) for a contrast of 10: (0.04743 - 0.00669) / (0.99331 - 0.00669) of 255 is 10.5
    image = np.array([[0, 51, 127, 128, 204, 255]], np.uint8)
    assert sigmoidal(image, device, contrast=10).tolist() == [[0, 11, 126, 129, 244, 255]]
    assert sigmoidal(image, device, contrast=10, inverse=True).tolist() == [[0, 93, 127, 128, 162, 255]]


test_any_image_matches_the_formula = matches(
    "sigmoidal-contrast",
    lambda image, **given: by_colors(image, lambda colors: exact(colors, **given)),
    TOLERANCE,
    settings=[{"contrast": 3.0, "midpoint": 0.4}],
)


@pytest.mark.parametrize(
    "given",
    [
        {"contrast": 0.1},
        {"contrast": 0.1, "inverse": True},
        {"contrast": 20.0},
        {"contrast": 20.0, "inverse": True},
        {"contrast": 20.0, "midpoint": 0.0, "inverse": True},
    ],
    ids=str,
)
def test_every_level_matches_the_formula(
    device: str, given: dict[str, Any], every_level: Make, point_reference: Make
) -> None:
    levels = every_level("uint8")
    expected = point_reference(levels, lambda colors: exact(colors, **given))
    assert_close(sigmoidal(levels, device, **given), expected, 0.51)


def test_the_inverse_undoes_it(device: str) -> None:
    image = np.linspace(0, 1, 91, dtype=np.float32).reshape(7, 13)
    made = sigmoidal(sigmoidal(image, device, contrast=6), device, contrast=6, inverse=True)
    assert_close(made, image, 3e-6)


def test_floats_of_any_size_stay_in_its_range(device: str) -> None:
    image = np.array([[-np.inf, -1e30, 1e30, np.inf, np.nan]], np.float32)
    first, last = expit(np.array([-2.5, 2.5]))
    ends = (np.array([0, 1]) - first) / (last - first)
    assert_close(sigmoidal(image, device, contrast=5), [[ends[0], ends[0], ends[1], ends[1], np.nan]], 1e-6)
