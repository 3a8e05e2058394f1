"""The blur: against numbers done by hand, against SciPy in float64, and by what holds for any blur.

Weights stop at four standard deviations, as SciPy's do. OpenCV's stop at three for bytes, and are in fixed
point, so it agrees only where its kernel is given the same size and the image is float.

Beyond a sigma of 6 the image is blurred on a coarser grid. There it is held against SciPy, which has no grid, also by
what a grid does worst: edges, and images that are small beside its steps.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from math import log
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from scipy import ndimage

import imgcuda
from imgcuda.testing import assert_close
from imgcuda_plugins.blur.blur import TAPS, b_spline
from support.installed import installed
from support.matrix import exhaustive, matrix
from support.references import BORDERS, by_channels, matches

Image = npt.NDArray[Any]
Make = Callable[..., Image]

TOLERANCE = {"uint8": 1, "uint16": 1, "float32": 1e-6}
"""Levels, or for floats, which are random from 0 to 1, that much: a hundredth of what DESIGN.md allows."""

ON_GRID = {"uint8": 1, "uint16": 7, "float32": 1e-4}
"""The same for what is blurred on a coarser grid: a ten-thousandth of the range, and half a level for rounding."""

LARGE = (6.2, 7, 11, 20, 33, 100)
"""Sigmas that take a grid, of steps of 4 (thrice), 8, 16 and 32; it is the less exact the fewer of them are a sigma."""

ON_GRIDS = [
    pair if pair in [(7, "mirror"), (33, "constant")] else exhaustive(*pair) for pair in product(LARGE, BORDERS)
]
"""A grid takes four kernels of its own, of which two depend on the border, so the plain run has two."""

EXACT = (1 / (2 * log(98))) ** 0.5
"""The sigma at which a neighbor weighs 1/98 of the middle, so that the weights are 0.01, 0.98 and 0.01."""


def blur(image: Image, device: str, **parameters: Any) -> Image:
    return np.asarray(imgcuda.apply(image, "blur", device=device, **parameters))


def gaussian(sigma: float, border: str) -> Callable[[Image], Image]:
    """Return SciPy's blur of one channel."""
    return lambda plane: np.asarray(ndimage.gaussian_filter(plane, sigma, mode=border))


# By hand


def test_a_point_becomes_the_gaussian(device: str) -> None:
    image = np.zeros((5, 5), np.uint16)
    image[2, 2] = 10000
    expected = [[0, 0, 0, 0, 0], [0, 1, 98, 1, 0], [0, 98, 9604, 98, 0], [0, 1, 98, 1, 0], [0, 0, 0, 0, 0]]
    assert_close(blur(image, device, sigma=EXACT), expected)


@pytest.mark.parametrize(
    ("border", "ends"),
    [
        ("reflect", [9910, 4960]),  # 10000 | 10000 1000 5000 | 5000
        exhaustive("mirror", [9820, 4920]),  # 1000 | 10000 1000 5000 | 1000
        exhaustive("nearest", [9910, 4960]),  # 10000 | 10000 1000 5000 | 5000
        exhaustive("wrap", [9860, 5010]),  # 5000 | 10000 1000 5000 | 10000
        ("constant", [9810, 4910]),  # 0 | 10000 1000 5000 | 0
    ],
)
def test_each_border_continues_the_row_in_its_way(device: str, border: str, ends: list[int]) -> None:
    # Three equal rows: the one in the middle is blurred as if it were alone.
    image = np.array([[10000, 1000, 5000]] * 3, np.uint16)
    row = blur(image, device, sigma=EXACT, border=border)[1]
    assert row.tolist() == [ends[0], 1130, ends[1]]


@pytest.mark.parametrize(("step", "row"), [(1, [1]), (2, [1, 6, 15, 20, 15, 6, 1])])
def test_the_grids_b_spline_is_six_boxes_in_a_row(step: int, row: list[int]) -> None:
    weights = b_spline(step) * step**TAPS
    assert weights[weights > 0].tolist() == row
    assert weights.argmax() == step * TAPS // 2
    assert len(weights) == step * TAPS


def test_a_point_becomes_a_large_gaussian(device: str) -> None:
    # 1e6 times exp(-(x^2 + y^2) / (2 * 400)) / (2 pi 400): 397.89 in the middle, and exp(-1/2) and exp(-2) of it.
    image = np.zeros((201, 201), np.float32)
    image[100, 100] = 1e6
    result = blur(image, device, sigma=20)
    found = [result[100, 100], result[100, 120], result[80, 100], result[100, 140], result[114, 114]]
    assert found == pytest.approx([397.89, 241.33, 241.33, 53.85, 243.75], rel=1e-3)


# Against SciPy


test_any_image_at_any_border_matches_scipy = matches(
    "blur",
    lambda image, sigma, border: by_channels(image, gaussian(sigma, border)),
    TOLERANCE,
    settings=[{"sigma": 1.5}],
    border=BORDERS,
)


@pytest.mark.parametrize(
    ("sigma", "dtype"),
    [
        (0.3, "uint16"),
        (6, "float32"),
        (20, "uint16"),
        exhaustive(0.1, "uint8"),
        exhaustive(6.2, "uint8"),
        exhaustive(100, "float32"),
        exhaustive(0.9, "float32"),
        exhaustive(3, "uint8"),
        exhaustive(100, "uint8"),
        exhaustive(100, "uint16"),
    ],
)
def test_any_sigma_matches_scipy(device: str, sigma: float, dtype: str, random_image: Make, reference: Make) -> None:
    image = random_image((61, 230), dtype)
    tolerance = TOLERANCE if sigma <= 6 else ON_GRID
    assert_close(blur(image, device, sigma=sigma), reference(image, gaussian(sigma, "reflect")), tolerance[dtype])


@pytest.mark.parametrize(("sigma", "border"), ON_GRIDS)
def test_any_shape_on_a_grid_matches_scipy(
    device: str, sigma: float, border: str, random_image: Make, reference: Make
) -> None:
    # Images smaller than a step of the grid, smaller than the halo and larger; noise, an edge, a corner and stripes.
    for shape in ((1, 1), (50, 1), (1, 50), (3, 2), (17, 31), (150, 211)):
        noise, edge, corner, stripes = random_image(shape, np.float32), *(np.zeros(shape, np.float32) for _ in range(3))
        edge[:, shape[1] // 2 :] = 1
        corner[shape[0] // 2 :, shape[1] // 3 :] = 1
        stripes[:, ::3] = 1
        for image in (noise, edge, corner, stripes):
            result = blur(image, device, sigma=sigma, border=border)
            assert_close(result, reference(image, gaussian(sigma, border)), ON_GRID["float32"])


@matrix(
    shape=[(40, 30, 1), (40, 30, 2), (37, 53, 3), (5, 700, 3), (33, 65, 4)], dtype=["uint8", "uint16"], sigma=[6.2, 20]
)
def test_any_channels_on_a_grid_match_scipy(
    device: str, shape: tuple[int, ...], dtype: str, sigma: float, random_image: Make, reference: Make
) -> None:
    image = random_image(shape, dtype)
    image[:, shape[1] // 2 :, 0] //= 9
    tolerance = 1 if dtype == "uint8" else ON_GRID[dtype] * (1 + 3 * (shape[2] in (2, 4)))  # a color is a quotient
    assert_close(blur(image, device, sigma=sigma), reference(image, gaussian(sigma, "reflect")), tolerance)


def test_opencv_agrees_where_its_kernel_is_as_large(device: str, random_image: Make) -> None:
    image = random_image((61, 230), np.float32)
    expected = cv2.GaussianBlur(image, (13, 13), 1.5, borderType=cv2.BORDER_REFLECT)
    assert_close(blur(image, device, sigma=1.5), expected, 1e-6)


# What holds for any blur


@pytest.mark.parametrize("dtype", ["uint8", exhaustive("uint16")])
@pytest.mark.parametrize("sigma", [0.1, 1.5, 6.2, 20, *map(exhaustive, (7, 11, 33, 100))])
def test_a_flat_image_stays_flat(device: str, sigma: float, dtype: str) -> None:
    for level in (0, 1, 127, 254, 255) if dtype == "uint8" else (1, 65535):
        image = np.full((40, 150), level, dtype)
        assert_close(blur(image, device, sigma=sigma), image)


@pytest.mark.parametrize("sigma", [1.5, 20])
@pytest.mark.parametrize(
    "turn",
    [np.fliplr, np.flipud, np.transpose],
    ids=["mirrored left to right", "upside down", "transposed"],
)
def test_an_image_turned_before_is_the_result_turned_after(
    device: str, turn: Callable[[Image], Image], sigma: float, random_image: Make
) -> None:
    image = random_image((61, 230), np.float32)
    assert_close(blur(turn(image), device, sigma=sigma), turn(blur(image, device, sigma=sigma)), 1e-6)


def test_a_constant_added_before_is_there_after(device: str, random_image: Make) -> None:
    image = random_image((61, 230), np.float32)
    assert_close(blur(image + np.float32(5), device, sigma=1.5), blur(image, device, sigma=1.5) + 5, 5e-6)


def test_floats_beyond_1_are_not_clipped(device: str) -> None:
    image = np.full((20, 20), -3.0, np.float32)
    image[:, 10:] = 7.0
    result = blur(image, device, sigma=1.5)
    assert result.min() == pytest.approx(-3)
    assert result.max() == pytest.approx(7)


@pytest.mark.parametrize("sigma", [0.3, 1.5, 7, 20])
def test_a_pixel_reaches_as_far_as_the_halo_and_no_further(device: str, sigma: float) -> None:
    # On a grid, how far depends on where in its step the pixel is: the furthest of all is the halo.
    blurrer = installed().create("blur", {"sigma": sigma})
    assert blurrer.halo is not None
    middle = blurrer.halo + 8
    before = np.zeros((2 * middle + 8, 2 * middle + 8), np.float32)
    furthest = []
    for at in range(middle, middle + blurrer.row_step):
        image = before.copy()
        image[at, at] = 1e6
        places = np.nonzero(blurrer(image, device=device))
        furthest.append([at - places[0].min(), places[0].max() - at, at - places[1].min(), places[1].max() - at])
    assert np.max(furthest, axis=0).tolist() == [blurrer.halo] * 4


@pytest.mark.parametrize(
    ("sigma", "dtype", "border"),
    [
        (1.5, "uint8", "reflect"),
        (9, "uint8", "wrap"),
        exhaustive(6.2, "float32", "reflect"),
        exhaustive(20, "float32", "constant"),
    ],
)
def test_a_strip_is_blurred_as_in_the_whole(
    device: str, sigma: float, dtype: str, border: str, random_image: Make
) -> None:
    blurrer = installed().create("blur", {"sigma": sigma, "border": border})
    assert blurrer.halo is not None
    image = random_image((531, 65, 3), dtype)
    whole = blurrer(image, device=device)
    for first, last in ((0, 60), (200, 231), (257, 258), (333, 500), (480, 531)):
        if border == "wrap" and not blurrer.halo <= first < last <= len(image) - blurrer.halo:
            continue  # what is around these rows is at the other end of the image
        above = max(first - blurrer.halo, 0) // blurrer.row_step * blurrer.row_step
        strip = blurrer(image[above : min(last + blurrer.halo, len(image))], device=device)
        assert strip[first - above : last - above].tobytes() == whole[first:last].tobytes()


def test_a_strip_may_begin_anywhere_but_on_a_grid() -> None:
    steps = {sigma: installed().create("blur", {"sigma": sigma}).row_step for sigma in (0.1, 6, *LARGE)}
    assert steps == {0.1: 1, 6: 1, 6.2: 4, 7: 4, 11: 4, 20: 8, 33: 16, 100: 32}


# Alpha


def test_transparent_pixels_give_no_color(device: str) -> None:
    # Red, then transparent green: the red spreads, and thins out; nothing turns green or dark.
    image = np.array([[[200, 0, 0, 240], [0, 255, 0, 0]]], np.uint8)
    result = blur(image, device, sigma=EXACT)
    assert result.tolist() == [[[200, 0, 0, 238], [200, 0, 0, 2]]]  # 99 % and 1 % of 240


def test_gray_with_alpha_has_no_fringes_either(device: str) -> None:
    image = np.array([[[200, 240], [0, 0]]], np.uint8)
    assert blur(image, device, sigma=EXACT).tolist() == [[[200, 238], [200, 2]]]


def test_what_stays_fully_transparent_is_black(device: str) -> None:
    image = np.zeros((3, 30, 4), np.uint8)
    image[..., :3] = 77
    assert_close(blur(image, device), np.zeros(image.shape))


def test_an_opaque_image_is_blurred_as_without_alpha(device: str, random_image: Make) -> None:
    colors = random_image((33, 65, 3))
    opaque = np.dstack([colors, np.full(colors.shape[:2], 255, np.uint8)])
    result = blur(opaque, device, sigma=1.5)
    assert_close(result[..., :3], blur(colors, device, sigma=1.5), 1)
    assert (result[..., 3] == 255).all()
