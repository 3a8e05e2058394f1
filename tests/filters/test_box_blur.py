"""The box blur: against numbers done by hand, against SciPy in float64, and by what holds for any mean.

Whole numbers are exact. OpenCV agrees for bytes too, at the borders that both have.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from scipy import ndimage

import imgcuda
from imgcuda.testing import assert_close
from imgcuda_plugins.blur.box_blur import divisor
from support.installed import installed
from support.matrix import every_third, exhaustive
from support.references import BORDERS, by_channels, has_alpha, matches

Image = npt.NDArray[Any]
Make = Callable[..., Image]

RADII = [
    (1, "uint16"), (3, "uint8"), (3, "float32"),
    (4, "uint16"), (7, "uint8"), (7, "float32"),
    (8, "uint8"), (31, "float32"), (31, "uint16"),
    (32, "float32"), (100, "uint8"), (100, "uint16"),
]  # fmt: skip
"""The first and last of those that are summed in one way: one by one, or in one, two or three steps."""

PLAIN = [(3, "uint8"), (4, "uint16"), (31, "float32")]
"""One for each way, and each type."""

TOLERANCE = {"uint8": 0, "uint16": 0, "float32": 3e-7}
OF_ALPHA = {"uint8": 1, "uint16": 1, "float32": 1e-6}
"""Levels, or for floats, which are random from 0 to 1, that much; with alpha, a color is a quotient."""


def box_blur(image: Image, device: str, **parameters: Any) -> Image:
    return np.asarray(imgcuda.apply(image, "box-blur", device=device, **parameters))


def mean(radius: int, border: str) -> Callable[[Image], Image]:
    """Return SciPy's mean of one channel."""
    return lambda plane: np.asarray(ndimage.uniform_filter(plane, 2 * radius + 1, mode=border))


# By hand


def test_a_point_is_spread_evenly(device: str) -> None:
    image = np.zeros((7, 7), np.uint8)
    image[3, 3] = 225
    expected = np.zeros((7, 7), np.uint8)
    expected[2:5, 2:5] = 25
    assert_close(box_blur(image, device, radius=1), expected)
    expected[1:6, 1:6] = 9
    assert_close(box_blur(image, device, radius=2), expected)


def test_a_mean_is_rounded_to_the_nearest_level(device: str) -> None:
    # 4 of 9 and 5 of 9 of a level; 12 and 13 of 25.
    image = np.zeros((3, 3), np.uint8)
    image.flat[:4] = 1
    assert box_blur(image, device, radius=1)[1, 1] == 0
    image.flat[4] = 1
    assert box_blur(image, device, radius=1)[1, 1] == 1
    image = np.zeros((5, 5), np.uint16)
    image.flat[:12] = 1
    assert box_blur(image, device, radius=2)[2, 2] == 0
    image.flat[12] = 1
    assert box_blur(image, device, radius=2)[2, 2] == 1


@pytest.mark.parametrize(
    ("border", "row"),
    [
        ("reflect", [4, 6, 8]),  # 3 | 3 6 9 | 9
        exhaustive("mirror", [5, 6, 7]),  # 6 | 3 6 9 | 6
        exhaustive("nearest", [4, 6, 8]),  # 3 | 3 6 9 | 9
        exhaustive("wrap", [6, 6, 6]),  # 9 | 3 6 9 | 3
        ("constant", [3, 6, 5]),  # 0 | 3 6 9 | 0
    ],
)
def test_each_border_continues_the_row_in_its_way(device: str, border: str, row: list[int]) -> None:
    # Three equal rows: the one in the middle is blurred as if it were alone.
    image = np.array([[3, 6, 9]] * 3, np.uint8)
    assert box_blur(image, device, radius=1, border=border)[1].tolist() == row


def test_a_quotient_by_a_product_is_exact_for_every_radius() -> None:
    # Where it could go wrong: one below a whole quotient, and at it.
    for radius in range(1, 101):
        area = (2 * radius + 1) ** 2
        for bits, levels in ((16, 256), (32, 65536)):
            if area * levels >= 1 << bits:
                continue
            by = divisor(area, bits)
            assert by["FACTOR"] < 1 << bits
            quotients = np.arange(1, levels, dtype=np.uint64)
            for below in (0, 1):
                sums = quotients * np.uint64(area) - np.uint64(below)
                made = sums * np.uint64(by["FACTOR"]) >> np.uint64(bits + by["SHIFT"])
                assert (made == quotients - np.uint64(below)).all()


# Against SciPy and OpenCV


test_any_image_at_any_border_matches_scipy = matches(
    "box-blur",
    lambda image, radius, border: by_channels(image, mean(radius, border)),
    lambda image: (OF_ALPHA if has_alpha(image) else TOLERANCE)[image.dtype.name],
    settings=[{"radius": 2}],
    border=BORDERS,
)


@pytest.mark.parametrize(("radius", "dtype"), [each if each in PLAIN else exhaustive(*each) for each in RADII])
def test_any_radius_of_any_type_matches_scipy(
    device: str, radius: int, dtype: str, random_image: Make, reference: Make
) -> None:
    border = BORDERS[RADII.index((radius, dtype)) % len(BORDERS)]
    for shape in ((17, 31), (290, 1100)):
        image = random_image(shape, dtype)
        result = box_blur(image, device, radius=radius, border=border)
        assert result.dtype == dtype
        assert_close(result, reference(image, mean(radius, border)), TOLERANCE[dtype])


@pytest.mark.parametrize(("radius", "dtype"), every_third(product([100, 7, 20], ["uint16", "uint8"])))
def test_the_brightest_image_does_not_overflow(device: str, dtype: str, radius: int) -> None:
    image = np.full((210, 220), np.iinfo(dtype).max, dtype)
    assert_close(box_blur(image, device, radius=radius), image)


@pytest.mark.parametrize(
    ("border", "theirs"), [("reflect", cv2.BORDER_REFLECT), exhaustive("mirror", cv2.BORDER_REFLECT_101)]
)
def test_opencv_agrees(device: str, border: str, theirs: int, random_image: Make) -> None:
    image = random_image((61, 230, 3))
    for radius in (1, 12):
        expected = cv2.blur(image, (2 * radius + 1,) * 2, borderType=theirs)
        assert_close(box_blur(image, device, radius=radius, border=border), expected)


# What holds for any mean


@pytest.mark.parametrize(
    "turn",
    [np.fliplr, np.flipud, np.transpose],
    ids=["mirrored left to right", "upside down", "transposed"],
)
def test_an_image_turned_before_is_the_result_turned_after(
    device: str, turn: Callable[[Image], Image], random_image: Make
) -> None:
    image = random_image((61, 230))
    for radius in (2, 12):
        assert_close(box_blur(turn(image), device, radius=radius), turn(box_blur(image, device, radius=radius)))


def test_floats_beyond_1_are_not_clipped(device: str) -> None:
    image = np.full((20, 20), -3.0, np.float32)
    image[:, 10:] = 7.0
    result = box_blur(image, device, radius=2)
    assert result.min() == -3
    assert result.max() == 7


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("radius", [2, 9])
def test_what_is_not_finite_reaches_as_far_as_the_halo_and_no_further(
    device: str, radius: int, value: float, random_image: Make
) -> None:
    image = random_image((90, 80), np.float32)
    before = box_blur(image, device, radius=radius)
    image[40, 30] = value
    reached = np.zeros(image.shape, bool)
    reached[40 - radius : 41 + radius, 30 - radius : 31 + radius] = True
    after = box_blur(image, device, radius=radius)
    assert_close(np.isfinite(after), ~reached)
    assert_close(after[~reached], before[~reached], 1e-7)


def test_a_bright_point_leaves_nothing_behind(device: str, random_image: Make) -> None:
    # A running sum of floats would keep a millionth of it all the way down.
    image = random_image((90, 80), np.float32)
    before = box_blur(image, device, radius=3)
    image[10, 40] = 1e6
    assert_close(box_blur(image, device, radius=3)[14:], before[14:], 1e-6)


@pytest.mark.parametrize("radius", [40, exhaustive(1)])
def test_a_strip_is_blurred_as_in_the_whole(device: str, radius: int, random_image: Make) -> None:
    blurrer = installed().create("box-blur", {"radius": radius})
    image = random_image((531, 65, 3), np.float32)
    whole = blurrer(image, device=device)
    step = blurrer.row_step
    for first, last in ((0, 60), (200, 231), (333, 500), (480, 531)):
        top = max(first - radius, 0) // step * step
        strip = blurrer(image[top : min(last + radius, len(image))], device=device)
        assert strip[first - top : last - top].tobytes() == whole[first:last].tobytes()


# Alpha


def test_transparent_pixels_give_no_color(device: str) -> None:
    # Red beside transparent green: the red spreads, and thins out; nothing turns green or dark.
    image = np.array([[[200, 0, 0, 240], [0, 255, 0, 0]]], np.uint8)
    result = box_blur(image, device, radius=1, border="nearest")
    assert result.tolist() == [[[200, 0, 0, 160], [200, 0, 0, 80]]]


SPIKES = [1e4, 1e7, 1e15, 9.96921e36, -3.4028235e38, np.inf, -np.inf, np.nan]


@pytest.mark.parametrize("radius", [1, 4, 20])
def test_one_value_spoils_no_pixel_whose_window_does_not_hold_it(radius: int, device: str) -> None:
    image = (np.random.default_rng(radius).random((150, 120)) + 0.1).astype(np.float32)
    wanted = ndimage.uniform_filter(image.astype(np.float64), 2 * radius + 1)
    for spike in SPIKES:
        spoiled = image.copy()
        spoiled[60, 70], spoiled[61, 70] = spike, -spike  # which together are as nothing
        outside = np.ones(image.shape, bool)
        outside[60 - radius : 62 + radius, 70 - radius : 71 + radius] = False
        made = imgcuda.apply(spoiled, "box-blur", radius=radius, device=device)
        np.testing.assert_allclose(made[outside], wanted[outside], rtol=1e-6)


def test_values_that_fall_away_slowly_leave_nothing_behind(device: str) -> None:
    image = np.repeat(10.0 ** np.arange(30, -30, -1)[:, None], 5, axis=1).astype(np.float32)
    made = imgcuda.apply(image, "box-blur", radius=2, device=device)
    padded = np.pad(image.astype(np.float64), 2, "symmetric")
    wanted = np.lib.stride_tricks.sliding_window_view(padded, (5, 5)).mean(axis=(2, 3))
    np.testing.assert_allclose(made[:30], wanted[:30], rtol=1e-5)
