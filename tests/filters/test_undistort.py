"""Lenses: undistort and lens-distortion, against the places of OpenCV's projectPoints and undistortPoints."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest

import imgcuda
from imgcuda.testing import assert_close
from support.references import by_channels, matches
from support.warps import SHAPES, grid, warped

Image = npt.NDArray[Any]
Make = Callable[..., Image]

TOLERANCE = {"uint8": 1.0, "uint16": 1.0, "float32": 2e-5}
LENS = {"k1": 0.1, "k2": -0.05, "p1": 0.01, "p2": -0.02, "k3": 0.005}
CAMERA = {"fx": 60.0, "fy": 45.0, "cx": 12.0, "cy": 9.5}
EXACT_STEPS = (cv2.TERM_CRITERIA_COUNT + cv2.TERM_CRITERIA_EPS, 200, 1e-14)


def camera(size: tuple[int, ...], lens: dict[str, float]) -> tuple[Image, Image]:
    """Return OpenCV's camera matrix and coefficients."""
    height, width = size[:2]
    focal = lens.get("fx") or np.hypot(width, height) / 2
    center = lens.get("cx") or (width - 1) / 2, lens.get("cy") or (height - 1) / 2
    matrix = np.array([[focal, 0, center[0]], [0, lens.get("fy") or focal, center[1]], [0, 0, 1.0]])
    return matrix, np.array([lens.get(name, -0.1 if name == "k1" else 0.0) for name in ("k1", "k2", "p1", "p2", "k3")])


def straightened(image: Image, **lens: float) -> Image:
    def places(size: tuple[int, int]) -> tuple[Image, Image]:
        matrix, bend = camera(size, lens)
        rows, columns = grid(*size)
        points = np.stack([columns, rows, np.ones(size)], axis=-1).reshape(-1, 3) @ np.linalg.inv(matrix).T
        found, _ = cv2.projectPoints(points, np.zeros(3), np.zeros(3), matrix, bend)
        return found[:, 0, 1].reshape(size), found[:, 0, 0].reshape(size)

    return by_channels(image, warped(places))


def bent(image: Image, **lens: float) -> Image:
    def places(size: tuple[int, int]) -> tuple[Image, Image]:
        matrix, bend = camera(size, lens)
        rows, columns = grid(*size)
        points = np.stack([columns, rows], axis=-1).reshape(-1, 1, 2)
        found = cv2.undistortPoints(points, matrix, bend, None, np.eye(3), matrix, EXACT_STEPS)
        return found[:, 0, 1].reshape(size), found[:, 0, 0].reshape(size)

    return by_channels(image, warped(places))


test_any_image_is_straightened_as_by_opencv = matches(
    "undistort", straightened, TOLERANCE, shapes=SHAPES, settings=[{}, LENS, {**LENS, **CAMERA}]
)
test_any_image_is_bent_as_by_opencv = matches(
    "lens-distortion", bent, TOLERANCE, shapes=SHAPES, settings=[{"k1": -0.1}, {"k1": 0.05, "p1": 0.01, "p2": -0.01}]
)


def test_opencv_itself_agrees(device: str, random_image: Make) -> None:
    image = random_image((61, 90), np.float32)
    theirs = cv2.undistort(image, *camera(image.shape, LENS))
    made = np.asarray(imgcuda.apply(image, "undistort", device=device, **LENS))
    assert_close(made[2:-2, 2:-2], theirs[2:-2, 2:-2], 4e-2)  # before OpenCV 5, its places were 32nds of a pixel


@pytest.mark.parametrize("k1", [-0.1, 0.1])
def test_a_lens_and_its_correction_cancel_out(device: str, k1: float) -> None:
    rows, columns = grid(80, 120)
    image = (0.5 + 0.4 * np.sin(rows / 9) * np.cos(columns / 11)).astype(np.float32)
    bent = imgcuda.apply(image, "lens-distortion", device=device, k1=k1)
    made = np.asarray(imgcuda.apply(bent, "undistort", device=device, k1=k1))
    assert_close(made[15:-15, 20:-20], image[15:-15, 20:-20], 5e-3)


def test_a_place_that_the_lens_shows_nothing_of_is_outside(device: str) -> None:
    image = np.full((60, 80), 255, np.uint8)
    made = np.asarray(imgcuda.apply(image, "lens-distortion", device=device, k1=-0.3))  # r - 0.3 r^3 is at most 0.70
    rows, columns = np.mgrid[:60, :80]
    distance = np.hypot(rows - 29.5, columns - 39.5) / 50
    assert not made[distance > 0.72].any() and (made[29:31][distance[29:31] < 0.6] == 255).all()


def test_a_barrel_moves_the_corners_inward(device: str) -> None:
    image = np.full((60, 80), 255, np.uint8)
    made = np.asarray(imgcuda.apply(image, "barrel-distortion", device=device))
    assert not made[0, 0] and made[30, 40] == 255
