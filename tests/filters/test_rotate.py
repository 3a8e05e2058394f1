"""Turning: against numbers done by hand, against NumPy for quarter turns, against SciPy, and against what Pillow does.

SciPy's cubic interpolation is a spline, so bicubic is held against sums by definition.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt
import PIL.Image
import pytest
from scipy import ndimage

import imgcuda
from imgcuda.execution.schedule import Schedule
from imgcuda.testing import assert_close, checked
from support.installed import installed
from support.matrix import exhaustive, matrix
from support.warps import in_strips_as_whole, warped

Image = npt.NDArray[Any]
Make = Callable[..., Image]

TYPES = ["uint8", "uint16", "float32"]
SHAPES = [(1, 1), (1, 50), (50, 1), (17, 31), (64, 64), (40, 31, 2), (37, 53, 3), (64, 128, 3), (33, 65, 4)]
"""From one pixel, by sizes that fill squares of 32 and 64 pixels, and others, to several blocks; 1 to 4 channels."""

TOLERANCE = {"uint8": 1, "uint16": 1, "float32": 1e-6}
"""Levels, or for floats, which are random from 0 to 1, that much: what is almost half-way may be rounded either way."""


def rotate(image: Image, device: str, angle: float, **parameters: Any) -> Image:
    return np.asarray(imgcuda.apply(image, "rotate", device=device, angle=angle, **parameters))


def places(size: tuple[int, ...], made: tuple[int, ...], angle: float) -> tuple[Image, Image]:
    """Return the row and the column where each pixel of the result was, in float64."""
    cosine, sine = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    down, right = np.mgrid[: made[0], : made[1]]
    y, x = down - (made[0] - 1) / 2, right - (made[1] - 1) / 2
    return (size[0] - 1) / 2 + x * sine + y * cosine, (size[1] - 1) / 2 + x * cosine - y * sine


def bilinear(made: tuple[int, ...], angle: float, border: str) -> Callable[[Image], Image]:
    """Return SciPy's way to turn one channel."""
    return warped(lambda size: places(size, made, angle), "bilinear", border)


def bicubic(made: tuple[int, ...], angle: float) -> Callable[[Image], Image]:
    """Return a function that turns one channel by Keys' weights, with black around it."""
    return warped(lambda size: places(size, made, angle), "bicubic")


# By hand


@pytest.mark.parametrize(
    ("angle", "expected"),
    [
        (90, [[3, 6], [2, 5], [1, 4]]),
        (180, [[6, 5, 4], [3, 2, 1]]),
        (270, [[4, 1], [5, 2], [6, 3]]),
        (-90, [[4, 1], [5, 2], [6, 3]]),
        (-180, [[6, 5, 4], [3, 2, 1]]),
        (0, [[1, 2, 3], [4, 5, 6]]),
        (-360, [[1, 2, 3], [4, 5, 6]]),
    ],
)
def test_quarter_turns_by_hand(device: str, angle: float, expected: list[list[int]]) -> None:
    assert rotate(np.array([[1, 2, 3], [4, 5, 6]], np.uint8), device, float(angle)).tolist() == expected


def test_half_of_a_quarter_turn_by_hand(device: str) -> None:
    image = np.zeros((3, 3), np.uint8)
    image[1, 1] = 100
    # One pixel aside was 0.707 pixels away along both axes, where the weight is 0.293 squared.
    expected = [[0, 0, 0, 0, 0], [0, 0, 9, 0, 0], [0, 9, 100, 9, 0], [0, 0, 9, 0, 0], [0, 0, 0, 0, 0]]
    assert rotate(image, device, 45.0).tolist() == expected


def test_what_was_on_the_right_rises(device: str) -> None:
    image = np.zeros((41, 41), np.uint8)
    image[20, 35:38] = 255
    rows, columns = np.nonzero(rotate(image, device, 30.0, expand=False) > 50)
    assert 10 < rows.mean() < 14 and 32 < columns.mean() < 35


@pytest.mark.parametrize(
    ("angle", "expand", "size"),
    [
        (30, True, (112, 94)),
        (30, False, (100, 50)),
        (45, True, (107, 107)),
        (90, True, (50, 100)),
        (90, False, (100, 50)),
        (-150, True, (112, 94)),
        (180, True, (100, 50)),
        (1e-9, True, (100, 50)),
    ],
)
def test_the_result_holds_all_of_the_image_or_is_as_large(angle: float, expand: bool, size: tuple[int, int]) -> None:
    turned = installed().create("rotate", {"angle": float(angle), "expand": expand})
    assert turned.result_size(100, 50) == size


def test_a_quarter_turn_that_keeps_the_size_cuts_off_and_leaves_black(device: str, random_image: Make) -> None:
    image = random_image((4, 6))
    expected = np.pad(np.rot90(image)[1:5], ((0, 0), (1, 1)))
    for method in ("nearest", "bilinear", "bicubic"):
        assert_close(rotate(image, device, 90.0, expand=False, method=method), expected)
    for shape in ((5, 8), (8, 5)):  # the middle of one is a pixel, that of the other is not
        image = random_image(shape)
        made = rotate(image, device, 90.0, expand=False)
        assert set(np.unique(made)) <= {0, *image.ravel().tolist()}


def test_another_word_for_it() -> None:
    assert installed().create("rot90", {}) == installed().create("rotate", {"angle": 90.0})


# Against NumPy, SciPy and Pillow


@matrix(shape=SHAPES, dtype=TYPES, quarters=[1, 2, 3, 0])
def test_quarter_turns_are_numpys(
    device: str, shape: tuple[int, ...], dtype: str, quarters: int, random_image: Make
) -> None:
    image = random_image(shape, dtype)
    result = rotate(image, device, 90.0 * quarters)
    assert result.dtype == dtype
    assert_close(result, np.rot90(image, quarters))


@pytest.mark.parametrize("quarters", [1, 2])
def test_floats_that_are_no_numbers_stay_what_they_are(device: str, quarters: int) -> None:
    image = np.array([[np.nan, np.inf, -np.inf, -0.0, 1e-42]], np.float32)
    expected = np.rot90(image, quarters)
    assert rotate(image, device, 90.0 * quarters).view(np.uint32).tolist() == expected.view(np.uint32).tolist()


@matrix(shape=SHAPES, border=["constant", "reflect", "mirror", "nearest", "wrap"])
def test_any_shape_at_any_border_matches_scipy(
    device: str, shape: tuple[int, ...], border: str, random_image: Make, reference: Make
) -> None:
    image = random_image(shape)
    for angle, expand in product((7.0, -121.0), (True, False)):
        result = rotate(image, device, angle, expand=expand, border=border)
        assert_close(result, reference(image, bilinear(result.shape, angle, border)), TOLERANCE["uint8"])


@pytest.mark.parametrize(
    ("shape", "dtype"),
    [
        ((17, 31), "float32"),
        ((37, 53, 3), "uint16"),
        exhaustive((17, 31), "uint16"),
        exhaustive((37, 53, 3), "float32"),
    ],
    ids=str,
)
def test_any_type_matches_scipy(
    device: str, shape: tuple[int, ...], dtype: str, random_image: Make, reference: Make
) -> None:
    image = random_image(shape, dtype)
    for angle in (0.5, 33.0, 250.0):
        result = rotate(image, device, angle)
        assert result.dtype == dtype
        assert_close(result, reference(image, bilinear(result.shape, angle, "constant")), TOLERANCE[dtype])


@matrix(shape=[(17, 31), (37, 53, 3)], dtype=TYPES)
def test_bicubic_is_what_its_weights_say(
    device: str, shape: tuple[int, ...], dtype: str, random_image: Make, reference: Make
) -> None:
    image = random_image(shape, dtype)
    for angle in (7.0, -121.0):
        result = rotate(image, device, angle, method="bicubic")
        assert_close(result, reference(image, bicubic(result.shape, angle)), TOLERANCE[dtype])


@matrix(shape=[(17, 31), (37, 53, 3), (33, 65, 4)], dtype=TYPES)
def test_nearest_copies_the_nearest_pixel(device: str, shape: tuple[int, ...], dtype: str, random_image: Make) -> None:
    image = random_image(shape, dtype)
    result = rotate(image, device, 7.0, method="nearest", border="nearest")
    rows, columns = (np.rint(place).astype(int) for place in places(image.shape[:2], result.shape, 7.0))
    assert_close(result, image[rows.clip(0, shape[0] - 1), columns.clip(0, shape[1] - 1)])


@pytest.mark.parametrize("angle", [7.0, -121.0])
def test_pillow_agrees(device: str, angle: float, random_image: Make) -> None:
    image = random_image((61, 90), np.float32)
    theirs = np.asarray(PIL.Image.fromarray(image).rotate(angle, PIL.Image.Resampling.BILINEAR))
    inside = ndimage.rotate(np.ones(image.shape), angle, reshape=False, order=1) > 0.99
    inside = ndimage.binary_erosion(inside, iterations=2)  # at its edge Pillow takes no pixels from outside
    assert_close(np.where(inside, rotate(image, device, angle, expand=False), 0), np.where(inside, theirs, 0), 1e-5)


def test_places_are_exact_in_large_images(device: str, random_image: Make) -> None:
    image = random_image((3, 60_000), np.float32)
    result = rotate(image, device, 0.001)
    assert_close(result, bilinear(result.shape, 0.001, "constant")(image.astype(np.float64)), 2e-5)


# What holds for any image


def test_a_flat_image_stays_flat(device: str) -> None:
    image = np.full((40, 53, 3), 65497, np.uint16)
    for method in ("nearest", "bilinear", "bicubic"):
        assert (rotate(image, device, 33.0, method=method, border="nearest") == 65497).all()


@pytest.mark.parametrize("method", ["bilinear", "bicubic"])
def test_a_quarter_before_or_after_is_the_same(device: str, method: str, random_image: Make) -> None:
    image = random_image((61, 90), np.float32)
    one_way = rotate(rotate(image, device, 90.0), device, 7.0, method=method)
    assert_close(rotate(image, device, 97.0, method=method), one_way, 1e-5)
    assert_close(rotate(rotate(image, device, 7.0, method=method), device, 90.0), one_way, 1e-5)


@pytest.mark.parametrize("method", ["bilinear", "bicubic"])
def test_an_image_mirrored_before_is_turned_the_other_way(device: str, method: str, random_image: Make) -> None:
    image = random_image((61, 90), np.float32)
    mirrored = rotate(image[:, ::-1], device, -7.0, method=method)[:, ::-1]
    assert_close(rotate(image, device, 7.0, method=method), mirrored, 1e-5)


STRIPS = [
    {"angle": 3.0},
    {"angle": -20.0, "border": "nearest"},
    {"angle": 172.0, "method": "bicubic"},
    {"angle": 3.0, "method": "nearest", "border": "nearest"},
    {"angle": -60.0, "expand": False},
    {"angle": 175.0, "expand": False, "border": "nearest"},
    {"angle": 180.0},
    {"angle": 0.0},
]


test_strips_give_what_the_whole_gives = in_strips_as_whole(
    "rotate", [*STRIPS[:2], *map(exhaustive, STRIPS[2:6]), *STRIPS[6:]], most=500
)


@pytest.mark.parametrize("parameters", [{"angle": 90.0}, {"angle": 60.0}, {"angle": 3.0, "border": "mirror"}], ids=str)
def test_what_needs_most_rows_for_any_runs_as_a_whole(parameters: dict[str, Any]) -> None:
    assert Schedule([installed().create("rotate", parameters)], 70, 1500).whole


@pytest.mark.parametrize(
    "parameters", [STRIPS[1], *map(exhaustive, (*STRIPS[2:4], {"angle": 180.0})), {"angle": 90.0}], ids=str
)
def test_the_kernels_do_nothing_that_they_may_not(parameters: dict[str, Any], random_image: Make) -> None:
    for shape in ((9, 12, 3), (23, 70, 3)):
        image = random_image(shape)
        expected = rotate(image, "cpu", **parameters)
        with checked():
            assert_close(rotate(image, "cpu", **parameters), expected)


# Alpha


def test_the_corners_are_black_or_transparent_and_have_no_fringe(device: str) -> None:
    white = rotate(np.full((40, 60, 3), 255, np.uint8), device, 20.0)
    assert not white[0, 0].any() and white[30, 30].all()
    made = rotate(np.full((40, 60, 4), 255, np.uint8), device, 20.0)
    assert_close(made[..., 3], white[..., 0])
    assert (made[made[..., 3] > 0] == 255)[:, :3].all()


def test_colors_that_cannot_be_seen_do_not_bleed(device: str) -> None:
    image = np.zeros((40, 60, 4), np.uint8)
    image[..., 0] = 255  # red, where it is transparent
    image[:, 30:] = [0, 200, 0, 255]
    assert not rotate(image, device, 20.0)[..., 0].any()


@pytest.mark.parametrize("parameters", [{"angle": 90.0}, {"angle": 180.0}], ids=str)
def test_a_copy_keeps_a_color_that_cannot_be_seen(device: str, parameters: dict[str, Any], random_image: Make) -> None:
    image = random_image((33, 65, 4))
    image[..., 3] = 0
    assert_close(rotate(image, device, **parameters), np.rot90(image, int(parameters["angle"] / 90)))
