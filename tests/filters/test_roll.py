"""Rolling: against numbers done by hand, and against NumPy's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import imgcuda
from imgcuda.execution.schedule import Schedule
from imgcuda.testing import assert_close
from support.installed import installed
from support.references import EXACT, matches

Image = npt.NDArray[Any]
Make = Callable[..., Image]


def roll(image: Image, device: str, **parameters: Any) -> Image:
    return np.asarray(imgcuda.apply(image, "roll", device=device, **parameters))


def numpys(image: Image, x: int, y: int) -> Image:
    return np.roll(image, (y, x), (0, 1))


test_any_image_matches_numpy = matches(
    "roll", numpys, EXACT, settings=[{"x": 3, "y": 0}, {"x": -5, "y": 20}, {"x": 1000, "y": -1000}]
)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_wide_rows_move(device: str, random_image: Make, channels: int) -> None:
    image = random_image((3, 1500, channels))
    assert_close(roll(image, device, x=300), np.roll(image, 300, 1))


@pytest.mark.parametrize(
    ("x", "y", "expected"),
    [(1, 0, [[3, 1, 2], [6, 4, 5]]), (0, 1, [[4, 5, 6], [1, 2, 3]]), (-1, 3, [[5, 6, 4], [2, 3, 1]])],
)
def test_a_move_by_hand(device: str, x: int, y: int, expected: list[list[int]]) -> None:
    assert roll(np.array([[1, 2, 3], [4, 5, 6]], np.uint8), device, x=x, y=y).tolist() == expected


def test_back_again_is_not_at_all(device: str, random_image: Make) -> None:
    image = random_image((17, 31))
    assert_close(roll(roll(image, device, x=7, y=-3), device, x=-7, y=3), image)


def test_a_move_to_the_side_runs_in_strips_and_down_as_a_whole(
    device: str, random_image: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = installed().create
    assert Schedule([create("roll", {"y": 1})], 70, 1500).whole
    assert not Schedule([create("roll", {"x": 1, "y": 3000})], 70, 1500).whole
    image = random_image((1500, 70, 3))
    monkeypatch.setenv("IMGCUDA_MEMORY_LIMIT", str(image.nbytes))
    assert_close(roll(image, device, x=-33), np.roll(image, -33, 1))
