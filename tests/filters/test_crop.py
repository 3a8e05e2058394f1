"""Cropping: against numbers done by hand, and against slices of NumPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import imgcuda
from imgcuda import ImageError, ParameterError
from imgcuda.testing import assert_close, checked
from support.installed import installed
from support.references import EXACT, matches

Image = npt.NDArray[Any]
Make = Callable[..., Image]

NUMBERED = np.arange(15, dtype=np.uint8).reshape(3, 5)


def crop(image: Image, device: str, **parameters: Any) -> Image:
    return np.asarray(imgcuda.apply(image, "crop", device=device, **parameters))


def middle(image: Image, gravity: str, aspect: str) -> Image:
    """Return the largest square in the middle."""
    side = min(image.shape[:2])
    top, left = ((size - side) // 2 for size in image.shape[:2])
    return image[top : top + side, left : left + side]


test_any_image_matches_numpy = matches("crop", middle, EXACT, settings=[{"gravity": "center", "aspect": "1:1"}])


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_a_part_of_wide_rows(device: str, random_image: Make, channels: int) -> None:
    image = random_image((3, 1500, channels))
    assert_close(crop(image, device, x=300, width=1100), image[:, 300:1400])


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, NUMBERED.tolist()),
        ({"x": 1, "y": 1, "width": 2, "height": 2}, [[6, 7], [11, 12]]),
        ({"x": 3, "y": 2}, [[13, 14]]),
        ({"gravity": "southeast", "x": 1, "width": 2, "height": 1}, [[12, 13]]),
        ({"gravity": "north", "width": 1}, [[2], [7], [12]]),
        ({"gravity": "center", "x": 1, "y": -1, "width": 1, "height": 1}, [[3]]),
        ({"gravity": "center", "x": 1}, [[2, 3, 4], [7, 8, 9], [12, 13, 14]]),
        ({"gravity": "west", "x": 1, "width": 1, "height": 1}, [[6]]),
        ({"aspect": "1:1"}, [[1, 2, 3], [6, 7, 8], [11, 12, 13]]),
        ({"aspect": "1:1", "gravity": "west"}, [[0, 1, 2], [5, 6, 7], [10, 11, 12]]),
        ({"aspect": "5:1"}, [[5, 6, 7, 8, 9]]),
        ({"aspect": "1000:1"}, [[5, 6, 7, 8, 9]]),
    ],
    ids=str,
)
def test_a_part_by_hand(device: str, parameters: dict[str, Any], expected: list[list[int]]) -> None:
    assert crop(NUMBERED, device, **parameters).tolist() == expected


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"width": 6}, "columns 0 to 6 and rows 0 to 3"),
        ({"x": 4, "width": 2}, "columns 4 to 6 and rows 0 to 3"),
        ({"y": -1, "height": 2}, "columns 0 to 5 and rows -1 to 1"),
        ({"x": 5}, "columns 5 to 5 and rows 0 to 3"),
        ({"gravity": "center", "height": 5}, "columns 0 to 5 and rows -1 to 4"),
    ],
    ids=str,
)
def test_a_part_outside_of_the_image_is_one_sentence(parameters: dict[str, Any], said: str) -> None:
    with pytest.raises(ImageError) as error:
        crop(NUMBERED, "cpu", **parameters)
    assert str(error.value) == f"crop would cut {said} out of an image of 5x3 pixels; choose a part of it"


def test_an_aspect_and_a_size_are_not_taken_together() -> None:
    with pytest.raises(ParameterError, match="crop takes an aspect, or a width and a height, but not both"):
        installed().create("crop", {"aspect": "16:9", "width": 3})


@pytest.mark.parametrize("value", ["16:0", "1:2:3", "wide", "-1", "nan", ":"])
def test_what_is_no_proportion_is_refused(value: str) -> None:
    with pytest.raises(ParameterError, match=r"aspect must be a proportion, as 16:9 or 1\.5; got"):
        installed().create("crop", {"aspect": value})


def test_a_proportion_is_written_as_it_is_read() -> None:
    for text, same in (("16:9", "16:9"), ("1.5", "1.5:1"), ("none", "none")):
        made = installed().create("crop", {"aspect": text})
        assert str(made.aspect) == same  # type: ignore[attr-defined]
        assert installed().create("crop", {"aspect": same}) == made


def test_strips_give_what_the_whole_gives(device: str, random_image: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    image = random_image((1500, 70, 3))
    monkeypatch.setenv("IMGCUDA_MEMORY_LIMIT", str(image.nbytes))
    assert_close(crop(image, device, x=7, y=401, width=50, height=900), image[401:1301, 7:57])


def test_the_kernel_does_nothing_that_it_may_not(random_image: Make) -> None:
    image = random_image((9, 300))
    with checked():
        assert_close(crop(image, "cpu", x=7, y=3), image[3:, 7:])
