"""Polar: against SciPy's samples at the places that OpenCV documents, and OpenCV itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest

import imgcuda
from imgcuda.testing import assert_close
from support.installed import installed
from support.references import by_channels, matches
from support.warps import SHAPES, grid, warped

Image = npt.NDArray[Any]
Make = Callable[..., Image]

TOLERANCE = {"uint8": 1.0, "uint16": 1.0, "float32": 2e-5}


def polar(image: Image, device: str, **parameters: Any) -> Image:
    return np.asarray(imgcuda.apply(image, "polar", device=device, **parameters))


def unrolled(image: Image, log: bool = False, radius: float = 0.0, center_x: float = 0.5, size: str = "") -> Image:
    height, width = image.shape[:2]
    reach = radius or min(width, height) / 2
    made = (max(1, round(reach)), max(1, round(reach * np.pi))) if not size else tuple(map(int, size.split("x")))

    def places(_: tuple[int, int]) -> tuple[Image, Image]:
        angle, distance = grid(made[1], made[0])
        distance = np.exp(distance * np.log(max(reach, 2)) / made[0]) - 1 if log else distance * reach / made[0]
        angle = angle * 2 * np.pi / made[1]
        center = (height - 1) / 2, width * center_x - 0.5
        return center[0] + distance * np.sin(angle), center[1] + distance * np.cos(angle)

    return by_channels(image, warped(places))


test_any_image_is_unrolled = matches(
    "polar",
    unrolled,
    TOLERANCE,
    shapes=SHAPES,
    settings=[{}, {"log": True, "radius": 40.0, "center_x": 0.25, "size": "50x60"}],
)


@pytest.mark.parametrize("log", [False, True])
def test_opencv_unrolls_and_rolls_up_so(device: str, log: bool, random_image: Make) -> None:
    image, flags = random_image((61, 81), np.float32), cv2.INTER_LINEAR | (cv2.WARP_POLAR_LOG if log else 0)
    theirs = cv2.warpPolar(image, (40, 70), (40, 30), 25, flags)
    assert_close(polar(image, device, size="40x70", radius=25.0, log=log), theirs, 5e-3)
    back = cv2.warpPolar(theirs, (81, 61), (40, 30), 25, flags | cv2.WARP_INVERSE_MAP)
    made = polar(theirs, device, inverse=True, size="81x61", radius=25.0, log=log)
    rows, columns = grid(61, 81)
    inside = np.hypot(rows - 30, columns - 40) < 21  # further out theirs does not mix with what is outside
    assert_close(np.where(inside, made, 0), np.where(inside, back, 0), 5e-3)


def test_the_last_row_and_the_first_are_neighbors(device: str) -> None:
    flat = np.full((20, 30), 200, np.uint8)
    disc = polar(flat, device, inverse=True)
    assert disc.shape == (60, 60)
    rows, columns = np.mgrid[:60, :60] - 29.5
    assert (disc[np.hypot(rows, columns) < 28] == 200).all()
    assert (disc[np.hypot(rows, columns) > 31] == 0).all()


def test_sizes_follow_the_radius(random_image: Make) -> None:
    image = random_image((40, 60))
    for parameters, size in (
        ({}, (20, 63)),
        ({"radius": 10.0}, (10, 31)),
        ({"inverse": True}, (120, 120)),
        ({"inverse": True, "radius": 15.0}, (30, 30)),
    ):
        assert installed().create("polar", parameters).result_size(60, 40) == size
    assert polar(image, "cpu").shape == (63, 20)
    assert installed().create("depolar", {}) == installed().create("polar", {"inverse": True})
