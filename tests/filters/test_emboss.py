"""The relief: against numbers done by hand, against SciPy in float64, and by what holds for any light."""

from __future__ import annotations

from collections.abc import Callable
from math import cos, radians, sin
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy import ndimage

import imgcuda
from imgcuda.testing import assert_close
from support.matrix import exhaustive
from support.references import BORDERS, SHAPES, matches

Image = npt.NDArray[Any]
Make = Callable[..., Image]

ALPHA = [(40, 30, 2), (33, 65, 4)]
GRAY = {"uint8": 128, "uint16": 32768, "float32": 0.5}

TOLERANCE = {"uint8": 1, "uint16": 1, "float32": 1e-6}
"""Levels, or for floats, which are random from 0 to 1, that much. Some sums are half-way between two levels, to within
what a float shows, so that they may be rounded to the other side: in one sample of thousands."""


def emboss(image: Image, device: str, **parameters: Any) -> Image:
    return np.asarray(imgcuda.apply(image, "emboss", device=device, **parameters))


def relief(image: Image, border: str = "reflect", angle: float = 135, height: float = 1) -> Image:
    """Return SciPy's correlation with the kernel, about middle gray, in float64."""
    right, up = cos(radians(angle)), sin(radians(angle))
    kernel = np.outer([1, 1, 1], [-1, 0, 1]) * -right + np.outer([-1, 0, 1], [1, 1, 1]) * up
    kernel = (height / 3 * kernel).reshape(3, 3, *[1] * (image.ndim - 2))
    made: Image = GRAY[image.dtype.name] + ndimage.correlate(image.astype(np.float64), kernel, mode=border)
    return made if image.dtype.kind == "f" else np.clip(np.rint(made), 0, np.iinfo(image.dtype).max)


# By hand


@pytest.mark.parametrize(
    ("angle", "row"),
    [
        (0, [128, 128, 98, 98, 128, 128]),  # the step of 30 rises toward the light, and so lies in shadow
        (180, [128, 128, 158, 158, 128, 128]),
        (-180, [128, 128, 158, 158, 128, 128]),
        (90, [128] * 6),  # along the light nothing changes
        (60, [128, 128, 113, 113, 128, 128]),  # cos(60) is a half
        (135, [128, 128, 149, 149, 128, 128]),  # 30 / sqrt(2) is 21.2
    ],
)
def test_a_step_is_lit_on_the_side_of_the_light(device: str, angle: float, row: list[int]) -> None:
    image = np.array([[50, 50, 50, 80, 80, 80]] * 3, np.uint8)
    assert emboss(image, device, angle=angle).tolist() == [row] * 3


def test_above_is_where_the_first_row_is(device: str) -> None:
    image = np.array([[50] * 3, [50] * 3, [80] * 3, [80] * 3], np.uint8)
    assert emboss(image, device, angle=90).tolist() == [[128] * 3, [158] * 3, [158] * 3, [128] * 3]
    assert emboss(image, device, angle=-90).tolist() == [[128] * 3, [98] * 3, [98] * 3, [128] * 3]


def test_height_multiplies_and_the_result_is_clipped(device: str) -> None:
    image = np.array([[50, 50, 50, 80, 80, 80]] * 3, np.uint8)
    assert emboss(image, device, angle=180, height=2)[1].tolist() == [128, 128, 188, 188, 128, 128]
    assert emboss(image, device, angle=180, height=0)[1].tolist() == [128] * 6
    assert emboss(image, device, angle=180, height=5)[1].tolist() == [128, 128, 255, 255, 128, 128]
    assert emboss(image, device, angle=0, height=5)[1].tolist() == [128, 128, 0, 0, 128, 128]


def test_floats_are_not_clipped(device: str) -> None:
    image = np.array([[0, 0, 2, 2]] * 3, np.float32)
    assert emboss(image, device, angle=180)[1].tolist() == [0.5, 2.5, 2.5, 0.5]


@pytest.mark.parametrize(
    ("border", "row"),
    [
        ("reflect", [131, 137, 134]),  # 3 | 3 6 12 | 12
        exhaustive("mirror", [128, 137, 128]),  # 6 | 3 6 12 | 6
        exhaustive("nearest", [131, 137, 134]),  # 3 | 3 6 12 | 12
        exhaustive("wrap", [122, 137, 125]),  # 12 | 3 6 12 | 3
        ("constant", [134, 137, 122]),  # 0 | 3 6 12 | 0
    ],
)
def test_each_border_continues_the_row_in_its_way(device: str, border: str, row: list[int]) -> None:
    image = np.array([[3, 6, 12]] * 3, np.uint8)
    assert emboss(image, device, angle=180, border=border)[1].tolist() == row


# Against SciPy


test_any_image_at_any_border_matches_scipy = matches(
    "emboss",
    relief,
    {"uint8": 0, "uint16": 1, "float32": 1e-6},
    [shape for shape in SHAPES if shape[2:] not in ((2,), (4,))],
    border=BORDERS,
)


@pytest.mark.parametrize("dtype", ["uint8", exhaustive("uint16"), exhaustive("float32")])
@pytest.mark.parametrize(("angle", "height"), [(135, 1), (0, 1), (-30, 2.5), (260, 0.3)])
def test_any_light_on_any_type_matches_scipy(
    device: str, angle: float, height: float, dtype: str, random_image: Make
) -> None:
    for shape in ((17, 31, 3), (40, 150, 3)):
        image = random_image(shape, dtype)
        result = emboss(image, device, angle=angle, height=height)
        assert result.dtype == dtype
        assert_close(result, relief(image, "reflect", angle, height), TOLERANCE[dtype])


# What holds for any light


@pytest.mark.parametrize("dtype", GRAY)
def test_a_flat_image_becomes_middle_gray(device: str, dtype: str) -> None:
    image = np.full((40, 150), 1 if dtype == "float32" else 199, dtype)
    assert_close(emboss(image, device), np.full(image.shape, GRAY[dtype]))


@pytest.mark.parametrize(
    ("turn", "angle"),
    [(np.fliplr, 150), (np.flipud, -30), (np.rot90, 120)],
    ids=["mirrored left to right", "upside down", "turned to the left"],
)
def test_an_image_and_its_light_turned_before_is_the_result_turned_after(
    device: str, turn: Callable[[Image], Image], angle: float, random_image: Make
) -> None:
    image = random_image((61, 230), np.float32)
    assert_close(emboss(turn(image), device, angle=angle), turn(emboss(image, device, angle=30)), 1e-6)


def test_light_from_the_other_side_swaps_light_and_shadow(device: str, random_image: Make) -> None:
    image = random_image((61, 230), np.float32)
    assert_close(emboss(image, device, angle=20) + emboss(image, device, angle=200), np.ones(image.shape), 1e-6)


def test_a_constant_added_changes_nothing(device: str, random_image: Make) -> None:
    image = random_image((61, 230)) // 2
    assert_close(emboss(image + 100, device), emboss(image, device))


def test_a_pixel_reaches_its_neighbors_and_no_further(device: str) -> None:
    image = np.zeros((40, 40), np.uint8)
    image[20, 20] = 90
    rows, columns = np.nonzero(emboss(image, device) != 128)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (19, 21, 19, 21)


# Alpha


def test_alpha_is_kept(device: str, random_image: Make) -> None:
    for shape, dtype in ((ALPHA[0], "uint16"), (ALPHA[1], "uint8")):
        image = random_image(shape, dtype)
        assert_close(emboss(image, device)[..., -1], image[..., -1])


def test_an_opaque_image_is_as_without_alpha(device: str, random_image: Make) -> None:
    colors = random_image((33, 65, 3))
    opaque = np.dstack([colors, np.full(colors.shape[:2], 255, np.uint8)])
    assert_close(emboss(opaque, device)[..., :3], emboss(colors, device), 1)


@pytest.mark.parametrize(
    ("shape", "dtype"),
    [
        (ALPHA[1], "uint8"),
        exhaustive(ALPHA[0], "uint8"),
        exhaustive(ALPHA[0], "float32"),
        exhaustive(ALPHA[1], "float32"),
    ],
)
def test_a_flat_image_is_middle_gray_however_opaque(device: str, dtype: str, shape: tuple[int, ...]) -> None:
    top = 1 if dtype == "float32" else 255
    image = np.full(shape, top, dtype)
    image[..., -1] = top / 4 if dtype == "float32" else 60
    assert_close(emboss(image, device)[..., :-1], np.full((*shape[:2], shape[2] - 1), GRAY[dtype]), 1e-6)


def test_colors_that_cannot_be_seen_have_no_relief(device: str, random_image: Make) -> None:
    image = np.full((33, 65, 4), 255, np.uint8)
    image[10:20] = random_image((10, 65, 4))
    image[10:20, :, 3] = 0
    seen = emboss(image, device)
    image[10:20, :, :3] = 0  # another color where nothing is to be seen
    assert_close(seen, emboss(image, device))
