"""Levels: by hand, and by the formula in float64 for any image and for every level."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import imgcuda
from imgcuda.testing import assert_close
from support.installed import installed
from support.matrix import exhaustive
from support.references import by_colors, matches

Image = npt.NDArray[Any]
Make = Callable[..., Image]

TOLERANCE = {"uint8": 0.501, "uint16": 0.55, "float32": 1e-6}
SETTINGS: list[dict[str, Any]] = [
    {"in_low": 0.1, "in_high": 0.8, "gamma": 1.7, "out_low": 0.2, "out_high": 0.9},
    {"in_low": 0.3, "in_high": 0.7, "out_low": 1.0, "out_high": 0.0},
    {"in_low": 0.2, "in_high": 0.9, "gamma": 0.6, "clip": False, "channel": "green"},
]


def levels(image: Image, device: str, **parameters: Any) -> Image:
    return np.asarray(imgcuda.apply(image, "levels", device=device, **parameters))


def exact(colors: Image, **parameters: Any) -> Image:
    given = {"in_low": 0.0, "in_high": 1.0, "gamma": 1.0, "out_low": 0.0, "out_high": 1.0, "clip": True} | parameters
    t = (colors - given["in_low"]) / (given["in_high"] - given["in_low"])
    t = np.clip(t, 0, 1) if given["clip"] else t
    made = given["out_low"] + (given["out_high"] - given["out_low"]) * np.sign(t) * np.abs(t) ** (1 / given["gamma"])
    channel = {"red": 0, "green": 1, "blue": 2}.get(parameters.get("channel", "all"))
    if channel is None or colors.shape[2] == 1:
        return np.asarray(made)
    return np.dstack([made[..., c] if c == channel else colors[..., c] for c in range(3)])


def test_a_range_is_stretched_with_a_gamma(device: str) -> None:
    image = np.array([[0, 51, 102, 153, 255]], np.uint8)  # 0, 1/5, 2/5, 3/5 and 1
    assert levels(image, device, in_low=0.2, in_high=0.6).tolist() == [[0, 0, 128, 255, 255]]
    assert levels(image, device, in_low=0.2, in_high=0.6, gamma=2).tolist() == [[0, 0, 180, 255, 255]]  # 255 / sqrt(2)
    assert levels(image, device, out_low=0.2, out_high=0.6).tolist() == [[51, 71, 92, 112, 153]]
    assert levels(image, device, out_low=1, out_high=0).tolist() == [[255, 204, 153, 102, 0]]


def test_floats_beyond_are_cut_off_or_on_the_same_curve(device: str) -> None:
    image = np.array([[-1, 0.25, 4, np.nan, np.inf]], np.float32)
    assert_close(levels(image, device, gamma=2), [[0, 0.5, 1, np.nan, 1]], 1e-6)
    assert_close(levels(image, device, gamma=2, clip=False), [[-1, 0.5, 2, np.nan, np.inf]], 1e-6)


def test_one_channel_changes_alone(device: str) -> None:
    image = np.array([[[51, 51, 51]]], np.uint8)
    for channel, expected in (("red", [204, 51, 51]), ("green", [51, 204, 51]), ("blue", [51, 51, 204])):
        assert levels(image, device, out_low=1, out_high=0, channel=channel).tolist() == [[expected]]


test_any_image_matches_float64 = matches(
    "levels",
    lambda image, **given: by_colors(image, lambda colors: exact(colors, **given)),
    TOLERANCE,
    settings=SETTINGS[2:],
)


@pytest.mark.parametrize("dtype", ["uint8", exhaustive("uint16")])
@pytest.mark.parametrize("given", [*SETTINGS, {"in_low": 0.5, "in_high": 0.51}], ids=str)
def test_every_level_matches_float64(
    device: str, given: dict[str, Any], dtype: str, every_level: Make, point_reference: Make
) -> None:
    image = every_level(dtype)
    expected = point_reference(image, lambda colors: exact(colors, **given))
    assert_close(levels(image, device, **given), expected, TOLERANCE[dtype])


def test_the_defaults_change_nothing(device: str, every_level: Make) -> None:
    assert_close(levels(every_level("uint8"), device), every_level("uint8"))


def test_a_range_that_is_none_is_refused() -> None:
    with pytest.raises(imgcuda.ParameterError, match=r"in_high must be at least 0\.0001 above in_low, 0\.5; got 0\.5"):
        installed().create("levels", {"in_low": 0.5, "in_high": 0.5})
