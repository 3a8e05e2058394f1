"""The edges: against numbers done by hand, against SciPy in float64, and by what holds for any gradient.

OpenCV's Sobel and Scharr agree exactly, at the borders that both have; its Laplacian has another kernel unless its
size is 1.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest
import skimage.filters
from scipy import ndimage

import imgcuda
from imgcuda.testing import assert_close
from support.matrix import exhaustive
from support.references import BORDERS, by_channels, has_alpha, matches, seldom_transparent

Image = npt.NDArray[Any]
Make = Callable[..., Image]

TOLERANCE = {"uint8": 0, "uint16": 1, "float32": 1e-5}
"""Levels, or for floats, which are random from 0 to 1, that much: results go up to 23, for Scharr.

The sums of squares of bytes are whole numbers that a float holds; those of uint16 are not, so a result that is
almost half-way may be rounded to the other side. The same is so for bytes that were multiplied by alpha.
"""

SMOOTHING = {"sobel": [1, 2, 1], "scharr": [3, 10, 3], "prewitt": [1, 1, 1]}

ALPHA = [(40, 30, 2), (33, 65, 4)]


def edges(image: Image, device: str, **parameters: Any) -> Image:
    return np.asarray(imgcuda.apply(image, "edges", device=device, **parameters))


def strength(operator: str, border: str) -> Callable[[Image], Image]:
    """Return SciPy's measure of the edges of one channel."""

    def gradient(plane: Image) -> Image:
        if operator == "laplacian":
            return np.asarray(np.abs(ndimage.laplace(plane, mode=border)))
        slope = [np.outer(SMOOTHING[operator], [-1, 0, 1]), np.outer([-1, 0, 1], SMOOTHING[operator])]
        return np.asarray(np.hypot(*(ndimage.correlate(plane, kernel, mode=border) for kernel in slope)))

    return gradient


# By hand


@pytest.mark.parametrize(("operator", "height"), [("sobel", 40), ("scharr", 160), ("prewitt", 30), ("laplacian", 10)])
def test_a_step_shows_on_both_of_its_sides(device: str, operator: str, height: int) -> None:
    # A step of 10: the weights of one side of the operator add up to 4, 16, 3 and 1.
    image = np.array([[50, 50, 50, 60, 60, 60]] * 3, np.uint8)
    expected = [[0, 0, height, height, 0, 0]] * 3
    assert_close(edges(image, device, operator=operator), expected)
    assert_close(edges(np.ascontiguousarray(image.T), device, operator=operator), np.transpose(expected))


@pytest.mark.parametrize(("operator", "length"), [("sobel", 40), ("scharr", 160), ("prewitt", 30), ("laplacian", 0)])
def test_a_slope_of_3_and_4_has_length_5(device: str, operator: str, length: int) -> None:
    rows, columns = np.mgrid[:6, :7]
    image = (3 * columns + 4 * rows).astype(np.uint8)
    assert (edges(image, device, operator=operator)[1:-1, 1:-1] == length).all()  # 5 a pixel, times 8, 32, 6 and 0


@pytest.mark.parametrize(
    ("border", "row"),
    [
        ("reflect", [4, 12, 8]),  # 1 | 1 2 4 | 4
        exhaustive("mirror", [0, 12, 0]),  # 2 | 1 2 4 | 2
        exhaustive("nearest", [4, 12, 8]),  # 1 | 1 2 4 | 4
        exhaustive("wrap", [8, 12, 4]),  # 4 | 1 2 4 | 1
        ("constant", [8, 12, 8]),  # 0 | 1 2 4 | 0
    ],
)
def test_each_border_continues_the_row_in_its_way(device: str, border: str, row: list[int]) -> None:
    image = np.array([[1, 2, 4]] * 3, np.uint8)
    assert edges(image, device, border=border)[1].tolist() == row


def test_a_result_beyond_white_is_clipped_and_scale_makes_room(device: str) -> None:
    image = np.array([[0, 0, 200, 200]] * 3, np.uint8)
    assert edges(image, device)[1].tolist() == [0, 255, 255, 0]
    assert edges(image, device, scale=0.25)[1].tolist() == [0, 200, 200, 0]
    assert edges(image, device, scale=0)[1].tolist() == [0, 0, 0, 0]


def test_floats_are_not_clipped(device: str) -> None:
    image = np.array([[0, 0, 2, 2]] * 3, np.float32)
    assert edges(image, device)[1].tolist() == [0, 8, 8, 0]


# Against SciPy and OpenCV


test_any_image_at_any_border_matches_scipy = matches(
    "edges",
    lambda image, border: by_channels(image, strength("sobel", border), keep_alpha=True),
    lambda image: max(TOLERANCE[image.dtype.name], has_alpha(image) and image.dtype == np.uint8),
    images=seldom_transparent,
    border=BORDERS,
)


@pytest.mark.parametrize(
    ("operator", "dtype"),
    [
        ("scharr", "uint16"),
        ("prewitt", "uint8"),
        ("laplacian", "float32"),
        exhaustive("sobel", "uint16"),
        exhaustive("sobel", "float32"),
        exhaustive("scharr", "float32"),
        exhaustive("laplacian", "uint16"),
    ],
)
def test_any_operator_on_any_type_matches_scipy(
    device: str, operator: str, dtype: str, random_image: Make, reference: Make
) -> None:
    for shape in ((17, 31, 3), (40, 150, 3)):
        image = random_image(shape, dtype)
        result = edges(image, device, operator=operator)
        assert result.dtype == dtype
        assert_close(result, reference(image, strength(operator, "reflect")), TOLERANCE[dtype])


@pytest.mark.parametrize(
    ("operator", "border"),
    [
        ("scharr", "mirror"),
        exhaustive("prewitt", "nearest"),
        exhaustive("laplacian", "wrap"),
        exhaustive("scharr", "constant"),
        exhaustive("prewitt", "constant"),
        exhaustive("laplacian", "constant"),
    ],
)
def test_any_operator_at_any_border_matches_scipy(
    device: str, operator: str, border: str, random_image: Make, reference: Make
) -> None:
    for shape in ((1, 1), (17, 31), (2, 600)):
        image = random_image(shape)
        result = edges(image, device, operator=operator, border=border)
        assert_close(result, reference(image, strength(operator, border)))


@pytest.mark.parametrize(
    ("border", "theirs"), [("reflect", cv2.BORDER_REFLECT), exhaustive("mirror", cv2.BORDER_REFLECT_101)]
)
@pytest.mark.parametrize("operator", ["sobel", "scharr", "laplacian"])
def test_opencv_agrees(device: str, operator: str, border: str, theirs: int, random_image: Make) -> None:
    image = random_image((61, 230))
    if operator == "laplacian":
        expected = np.abs(cv2.Laplacian(image, cv2.CV_64F, ksize=1, borderType=theirs))
    else:
        slope = cv2.Sobel if operator == "sobel" else cv2.Scharr
        expected = np.hypot(*(slope(image, cv2.CV_64F, x, 1 - x, borderType=theirs) for x in (1, 0)))
    assert_close(edges(image, device, operator=operator, border=border), np.clip(np.rint(expected), 0, 255))


@pytest.mark.parametrize(
    ("dtype", "tolerance"), [("uint8", 0.501), exhaustive("uint16", 0.6), exhaustive("float32", 1e-6)]
)
def test_robertss_cross_is_scikit_images_but_for_its_divisor(
    device: str, dtype: str, tolerance: float, random_image: Make
) -> None:
    for shape in ((61, 230), (1, 1), (1, 50)):
        image = random_image(shape, dtype)
        roberts: Any = skimage.filters.roberts
        expected = roberts(image.astype(np.float64)) * np.sqrt(2)
        top = 255 if dtype == "uint8" else 65535 if dtype == "uint16" else 2
        assert_close(edges(image, device, operator="roberts"), np.minimum(expected, top), tolerance)


def test_robertss_cross_takes_the_pixels_to_the_right_and_below(device: str) -> None:
    image = np.zeros((4, 4), np.uint8)
    image[2, 2] = 9
    made = edges(image, device, operator="roberts", border="nearest")
    assert made.tolist() == [[0, 0, 0, 0], [0, 9, 9, 0], [0, 9, 9, 0], [0, 0, 0, 0]]


# What holds for any gradient


@pytest.mark.parametrize("operator", [*SMOOTHING, "laplacian"])
def test_a_flat_image_has_no_edges(device: str, operator: str) -> None:
    image = np.full((40, 150), 199, np.uint8)
    assert_close(edges(image, device, operator=operator), np.zeros(image.shape))


@pytest.mark.parametrize("operator", [*SMOOTHING, "laplacian"])
@pytest.mark.parametrize(
    "turn",
    [np.fliplr, np.flipud, np.transpose],
    ids=["mirrored left to right", "upside down", "transposed"],
)
def test_an_image_turned_before_is_the_result_turned_after(
    device: str, turn: Callable[[Image], Image], operator: str, random_image: Make
) -> None:
    image = random_image((61, 230))
    assert_close(edges(turn(image), device, operator=operator), turn(edges(image, device, operator=operator)))


def test_a_constant_added_changes_nothing(device: str, random_image: Make) -> None:
    image = random_image((61, 230)) // 2
    assert_close(edges(image + 100, device), edges(image, device))


@pytest.mark.parametrize("operator", [*SMOOTHING, "laplacian"])
def test_a_pixel_reaches_its_neighbors_and_no_further(device: str, operator: str) -> None:
    image = np.zeros((40, 40), np.uint8)
    image[20, 20] = 9
    rows, columns = np.nonzero(edges(image, device, operator=operator))
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (19, 21, 19, 21)


# Alpha


def test_alpha_is_kept(device: str, random_image: Make) -> None:
    for shape, dtype in ((ALPHA[0], "uint16"), (ALPHA[1], "uint8")):
        image = random_image(shape, dtype)
        assert_close(edges(image, device)[..., -1], image[..., -1])


def test_an_opaque_image_is_as_without_alpha(device: str, random_image: Make) -> None:
    colors = random_image((33, 65, 3))
    opaque = np.dstack([colors, np.full(colors.shape[:2], 255, np.uint8)])
    assert_close(edges(opaque, device)[..., :3], edges(colors, device), 1)


def test_colors_that_cannot_be_seen_have_no_edges(device: str, random_image: Make) -> None:
    image = np.full((33, 65, 4), 255, np.uint8)
    image[10:20] = random_image((10, 65, 4))
    image[10:20, :, 3] = 0
    seen = edges(image, device)
    image[10:20, :, :3] = 0  # another color where nothing is to be seen
    assert_close(seen, edges(image, device))
