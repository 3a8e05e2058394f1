"""The equalization: against numbers done by hand, against OpenCV, and by what holds for any.

OpenCV has it for bytes, with which the result agrees exactly. For the other types the same formula in float64 is the
reference; Pillow's equalize is another one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest

import imgcuda
from imgcuda import devices
from imgcuda.execution.streaming import filter_image
from imgcuda.testing import assert_close
from support.installed import installed
from support.matrix import matrix

Image = npt.NDArray[Any]
Make = Callable[..., Image]

SHAPES = [(1, 1), (1, 50), (50, 1), (2, 2), (17, 31), (40, 30, 1), (37, 53, 3), (5, 700, 3), (300, 517, 3)]
"""From one pixel, by sizes that are a multiple of nothing, to several blocks, of 49152 pixels each."""

TOLERANCE = {"uint8": 0, "uint16": 1, "float32": 1.6e-5}
"""Levels, or a step of the 65535 from 0 to 1: single precision may round a share that is almost half-way to another."""


def equalize(image: Image, device: str, **parameters: Any) -> Image:
    return np.asarray(imgcuda.apply(image, "equalize", device=device, **parameters))


def exact(image: Image, together: bool = False) -> Image:
    """Return the result by the formula, in float64: each channel by itself, or all counted together."""
    top = np.iinfo(image.dtype).max if image.dtype.kind == "u" else 65535
    levels = image if image.dtype.kind == "u" else np.rint(np.clip(image, 0, 1) * np.float32(top)).astype(int)
    planes = [levels] if together or image.ndim == 2 else list(np.moveaxis(levels, -1, 0))
    made = []
    for plane in planes:
        darker = np.searchsorted(np.sort(plane, axis=None), plane, side="right").astype(np.float64)
        darkest = np.count_nonzero(plane == plane.min())
        made.append(np.rint((darker - darkest) / (plane.size - darkest) * top) if darkest < plane.size else plane)
    stacked = made[0] if len(planes) == 1 else np.stack(made, axis=-1)
    return stacked.reshape(image.shape) / (1 if image.dtype.kind == "u" else top)


def noisy(make: Make, shape: tuple[int, ...], dtype: str) -> Image:
    """Return noise of which most is dark, and the darkest levels are missing."""
    image = make(shape, dtype)
    if dtype == "float32":
        return np.asarray(image**3 * np.float32(0.7) + np.float32(0.1))
    top = np.iinfo(dtype).max
    return np.asarray((image / top) ** 3 * 0.7 * top + 0.1 * top).astype(dtype)


# By hand


def test_levels_become_the_share_of_what_is_as_dark(device: str) -> None:
    # Of the ten samples that are not the darkest: 1, 1 + 4, and 1 + 4 + 5.
    image = np.array([[7] * 6 + [8] + [9] * 4 + [200] * 5], np.uint8)
    wanted = [[0] * 6 + [26] + [128] * 4 + [255] * 5]  # 25.5 and 127.5, rounded to even
    assert equalize(image, device).tolist() == wanted


def test_two_levels_become_black_and_white(device: str) -> None:
    image = np.array([[0.31, 0.3, 0.3, 0.31]], np.float32)
    assert equalize(image, device).tolist() == [[1, 0, 0, 1]]
    assert equalize(np.array([[30001, 30000]], np.uint16), device).tolist() == [[65535, 0]]


def test_colors_by_themselves_or_all_together(device: str) -> None:
    image = np.array([[[10, 30, 30], [20, 40, 30]]], np.uint8)
    assert equalize(image, device).tolist() == [[[0, 0, 30], [255, 255, 30]]]
    # Counted together 10, 20, 30 thrice, 40: of the five above 10, the first is 20, the next three are 30.
    assert equalize(image, device, per_channel=False).tolist() == [[[0, 204, 204], [51, 255, 204]]]


# Against OpenCV, and in float64


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_any_shape_matches_opencv(device: str, shape: tuple[int, ...], random_image: Make) -> None:
    for image in (random_image(shape), noisy(random_image, shape, "uint8")):
        planes = [cv2.equalizeHist(plane) for plane in np.moveaxis(np.atleast_3d(image), -1, 0).copy()]
        assert_close(equalize(image, device), np.stack(planes, axis=-1).reshape(shape))


def test_pictures_match_opencv(device: str, picture: Image) -> None:
    for image in (picture, picture // 3 + 100, cv2.resize(picture, (1400, 900), interpolation=cv2.INTER_CUBIC)):
        expected = np.dstack([cv2.equalizeHist(plane) for plane in cv2.split(image)])
        assert_close(equalize(image, device), expected)


@matrix(shape=[(17, 31), (37, 53, 3), (300, 517, 3)], dtype=["uint8", "uint16", "float32"])
def test_any_type_is_as_the_formula_has_it(device: str, shape: tuple[int, ...], dtype: str, random_image: Make) -> None:
    for image in (random_image(shape, dtype), noisy(random_image, shape, dtype)):
        assert_close(equalize(image, device), exact(image), TOLERANCE[dtype])
        assert_close(equalize(image, device, per_channel=False), exact(image, together=True), TOLERANCE[dtype])


def test_floats_outside_of_0_to_1_count_as_0_and_1(device: str) -> None:
    image = np.array([[-5, 0, 0.5, 1, 9]], np.float32)
    assert_close(equalize(image, device), [[0, 0, 1 / 3, 1, 1]], 1e-5)


# What holds for any equalization


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_a_flat_image_stays_as_it_is(device: str, dtype: str) -> None:
    image = np.full((40, 150, 3), 0.75 if dtype == "float32" else 77, dtype)
    assert_close(equalize(image, device), image, TOLERANCE["float32"] if dtype == "float32" else 0)


def test_the_order_of_the_levels_stays(device: str, random_image: Make) -> None:
    image = noisy(random_image, (61, 230), "uint16")
    made = equalize(image, device)
    assert (np.diff(made.ravel()[np.argsort(image, axis=None)].astype(int)) >= 0).all()
    assert (made.min(), made.max()) == (0, 65535)


def test_where_the_pixels_are_does_not_matter(device: str, random_image: Make) -> None:
    image = noisy(random_image, (61, 230), "uint8")
    order = np.random.default_rng(1).permutation(image.size)
    shuffled = image.ravel()[order].reshape(230, 61)
    assert_close(equalize(shuffled, device).ravel(), equalize(image, device).ravel()[order])


def test_alpha_is_left_alone_and_not_counted(device: str, random_image: Make) -> None:
    for channels, dtype in ((2, "uint8"), (4, "uint8"), (4, "uint16")):
        image = random_image((33, 65, channels), dtype)
        image[..., -1] = image[..., -1] // 2 + 3
        made = equalize(image, device)
        assert_close(made[..., -1], image[..., -1])
        colors = np.ascontiguousarray(image[..., :-1])
        assert_close(made[..., :-1], equalize(colors, device))


@pytest.mark.parametrize(("dtype", "height", "limit"), [("uint8", 900, 160_000), ("uint16", 18_000, 10_000_000)])
def test_several_devices_and_strips_make_the_same_bytes(
    device: str, dtype: str, height: int, limit: int, random_image: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = noisy(random_image, (height, 61, 3), dtype)
    pipeline = imgcuda.Pipeline([installed().create(name, {}) for name in ("blur", "equalize", "edges")])
    whole = pipeline(image, device=device)
    assert_close(filter_image([devices.choose(device)] * 2, pipeline.filters, image), whole)
    monkeypatch.setenv("IMGCUDA_MEMORY_LIMIT", str(limit))
    assert_close(filter_image([devices.choose(device)] * 2, pipeline.filters, image), whole)


@pytest.mark.parametrize("value", [0.3, 1.5, -2.0, 1e-39, np.inf, np.nan])
def test_a_flat_image_of_floats_stays_as_it_is(value: float, device: str) -> None:
    for shape in ((1, 1), (4, 4), (4, 4, 3)):
        image = np.full(shape, value, np.float32)
        assert equalize(image, device).tobytes() == image.tobytes()


def test_a_flat_channel_stays_beside_one_that_is_not(device: str) -> None:
    image = np.full((1, 4, 3), 0.3, np.float32)
    image[0, :, 1] = [0, 0.1, 0.2, 0.3]
    made = equalize(image, device)
    assert_close(made[0, :, 1], [0, 1 / 3, 2 / 3, 1], 1e-5)
    assert (made[..., ::2] == np.float32(0.3)).all()


def test_what_is_not_finite_is_neither_counted_nor_changed(device: str) -> None:
    image = np.array([[0, np.nan, 0.1, np.inf, 0.2, -np.inf, np.nan]], np.float32)
    assert_close(equalize(image, device), [[0, np.nan, 0.5, np.inf, 1, -np.inf, np.nan]], 1e-5)
