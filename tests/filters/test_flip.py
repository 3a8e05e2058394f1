"""The flip: against numbers done by hand, against NumPy, whole and in strips, to the bit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import imgcuda
from imgcuda.testing import assert_close, checked
from support.installed import installed
from support.matrix import matrix

Image = npt.NDArray[Any]
Make = Callable[..., Image]

AXES: dict[str, int | tuple[int, int]] = {"horizontal": 1, "vertical": 0, "both": (0, 1)}
SHAPES = [(1, 1), (1, 50), (50, 1), (17, 31), (37, 52, 2), (37, 53, 3), (5, 1200, 3), (300, 64, 3), (33, 65, 4)]
"""From one pixel, by widths that are a multiple of 16 and of nothing, to rows of several blocks of threads."""


def flip(image: Image, device: str, direction: str) -> Image:
    return np.asarray(imgcuda.apply(image, "flip", device=device, direction=direction))


# By hand


@pytest.mark.parametrize(
    ("direction", "expected"),
    [
        ("horizontal", [[3, 2, 1], [6, 5, 4]]),
        ("vertical", [[4, 5, 6], [1, 2, 3]]),
        ("both", [[6, 5, 4], [3, 2, 1]]),
    ],
)
def test_each_direction_by_hand(device: str, direction: str, expected: list[list[int]]) -> None:
    assert flip(np.array([[1, 2, 3], [4, 5, 6]], np.uint8), device, direction).tolist() == expected


def test_the_channels_of_a_pixel_stay_in_order(device: str) -> None:
    image = np.array([[[1, 2, 3], [4, 5, 6]]], np.uint8)
    assert flip(image, device, "horizontal").tolist() == [[[4, 5, 6], [1, 2, 3]]]


@pytest.mark.parametrize(
    ("word", "direction"),
    [("flip", "vertical"), ("flop", "horizontal"), ("mirror", "horizontal"), ("fliplr", "horizontal"),
     ("flipud", "vertical"), ("hflip", "horizontal"), ("vflip", "vertical")],
)  # fmt: skip
def test_what_other_programs_call_it_means_what_it_means_there(word: str, direction: str) -> None:
    assert installed().create(word, {}) == installed().create("flip", {"direction": direction})


# Against NumPy


@matrix(shape=SHAPES, dtype=["uint8", "uint16", "float32"], direction=list(AXES))
def test_any_shape_and_type_matches_numpy(
    device: str, shape: tuple[int, ...], dtype: str, direction: str, random_image: Make
) -> None:
    image = random_image(shape, dtype)
    result = flip(image, device, direction)
    assert result.dtype == dtype
    assert_close(result, np.flip(image, AXES[direction]))


def test_floats_that_are_no_numbers_stay_what_they_are(device: str) -> None:
    image = np.array([[np.nan, np.inf, -np.inf, -0.0, 1e-42]], np.float32)
    assert flip(image, device, "horizontal").view(np.uint32).tolist() == image[:, ::-1].view(np.uint32).tolist()


@pytest.mark.parametrize("direction", AXES)
def test_colors_that_cannot_be_seen_stay_what_they_are(device: str, direction: str, random_image: Make) -> None:
    image = random_image((33, 65, 4))
    image[..., 3] = 0
    assert_close(flip(image, device, direction), np.flip(image, AXES[direction]))


@pytest.mark.parametrize("direction", AXES)
@pytest.mark.parametrize("shape", [(500, 70, 3), (1001, 64, 1)], ids=str)
def test_strips_give_what_the_whole_gives(
    device: str, shape: tuple[int, ...], direction: str, random_image: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = random_image(shape)
    monkeypatch.setenv("IMGCUDA_MEMORY_LIMIT", str(image.nbytes))
    assert_close(flip(image, device, direction), np.flip(image, AXES[direction]))


# What holds for any image


@pytest.mark.parametrize("direction", AXES)
def test_twice_is_not_at_all(device: str, direction: str, picture: Image) -> None:
    assert_close(flip(flip(picture, device, direction), device, direction), picture)


def test_both_is_one_after_the_other(device: str, picture: Image) -> None:
    steps = flip(flip(picture, device, "horizontal"), device, "vertical")
    assert_close(flip(picture, device, "both"), steps)


@pytest.mark.parametrize("direction", AXES)
def test_the_kernel_does_nothing_that_it_may_not(direction: str, random_image: Make) -> None:
    for shape in ((3, 5, 3), (9, 300, 1)):
        image = random_image(shape)
        with checked():
            assert_close(flip(image, "cpu", direction), np.flip(image, AXES[direction]))
