"""Convolutions: against numbers done by hand, against SciPy in float64, and by what holds for any kernel.

A kernel is summed up in one of four ways, by its size and by whether it is a column times a row. WAYS has one of each
and more, so that every test of them meets every way.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import PIL.Image
import pytest
from PIL import ImageFilter
from scipy import ndimage

import imgcuda
from imgcuda.recipes.chain_text import parse_step
from imgcuda.testing import assert_close, checked
from imgcuda_plugins.blur.convolve import separated
from support.installed import installed
from support.matrix import every_third, exhaustive, matrix
from support.references import BORDERS, SHAPES, by_channels, matches

Image = npt.NDArray[Any]
Make = Callable[..., Image]

ODD = np.array([[1, -2, 3], [0, 4, -5], [6, -7, 2]])
"""A kernel that is another one upside down, mirrored or turned. Its sum is 2."""

TOLERANCE = {"uint8": 1, "uint16": 1, "float32": 1e-6}
"""Levels, or for floats from 0 to 1 that much, for weights whose absolute values add up to 1.

Only a sum that is almost half-way between two levels is rounded to the other one.
"""


def fractions(*shape: int) -> Image:
    """Return a kernel of weights whose absolute values add up to 1, and which no row and column make."""
    weights = np.random.default_rng(shape).random(shape) - 0.2
    made: Image = weights / np.abs(weights).sum()
    return made


WAYS = {
    "small": fractions(3, 5),
    "small, 7x7": fractions(7, 7),
    "one column": fractions(7, 1),
    "one row": fractions(1, 41),
    "separable": np.outer(fractions(1, 7), fractions(1, 9)),
    "separable, 41x31": np.outer(fractions(1, 41), fractions(1, 31)),
    "separable, too far for a tile": np.outer(fractions(1, 5), fractions(1, 601)),
    "large": fractions(9, 11),
    "large, 63x63": fractions(63, 63),
}


def convolve(image: Image, device: str, kernel: object, **parameters: Any) -> Image:
    return np.asarray(imgcuda.apply(image, "convolve", device=device, kernel=kernel, **parameters))


def scipys(kernel: npt.ArrayLike, border: str = "reflect", mode: str = "convolution") -> Callable[[Image], Image]:
    """Return SciPy's convolution, or correlation, of one channel."""
    function = ndimage.convolve if mode == "convolution" else ndimage.correlate
    return lambda plane: np.asarray(function(plane, np.asarray(kernel, np.float64), mode=border))


# By hand


def test_a_point_becomes_the_kernel_and_by_a_correlation_the_kernel_turned(device: str) -> None:
    image = np.zeros((5, 6), np.float32)
    image[2, 3] = 1
    assert convolve(image, device, ODD)[1:4, 2:5].tolist() == ODD.tolist()
    assert convolve(image, device, ODD, mode="correlation")[1:4, 2:5].tolist() == ODD[::-1, ::-1].tolist()


def test_sharpening_raises_the_upper_side_of_a_step_and_lowers_the_other(device: str) -> None:
    image = np.array([[50, 50, 50, 60, 60, 60]] * 3, np.uint8)
    expected = [[50, 50, 40, 70, 60, 60]] * 3
    assert_close(convolve(image, device, [[0, -1, 0], [-1, 5, -1], [0, -1, 0]]), expected)


@pytest.mark.parametrize(
    ("border", "row"),
    [
        ("reflect", [112, 124, 244]),  # 1 | 1 2 4 | 4
        exhaustive("mirror", [212, 124, 242]),  # 2 | 1 2 4 | 2
        exhaustive("nearest", [112, 124, 244]),  # 1 | 1 2 4 | 4
        exhaustive("wrap", [412, 124, 241]),  # 4 | 1 2 4 | 1
        ("constant", [12, 124, 240]),  # 0 | 1 2 4 | 0
    ],
)
def test_each_border_continues_the_row_in_its_way(device: str, border: str, row: list[int]) -> None:
    image = np.array([[1, 2, 4]], np.uint16)
    assert convolve(image, device, [[100, 10, 1]], mode="correlation", border=border).tolist() == [row]


def test_the_sum_is_divided_by_the_sum_of_the_weights(device: str) -> None:
    image = np.array([[10, 20, 40]], np.uint8)
    assert convolve(image, device, [[1, 2, 1]], normalize=True).tolist() == [[12, 22, 35]]  # 50, 90 and 140 quarters
    assert convolve(image, device, [[-1, 0, 1]], normalize=True, mode="correlation").tolist() == [[10, 30, 20]]


def test_an_offset_is_a_part_of_the_range(device: str) -> None:
    for top, dtype in ((255, np.uint8), (65535, np.uint16), (1, np.float32)):
        image = np.array([[0, 0.4 * top, 0.4 * top]], dtype)
        expected = [[0.6 * top, 0.6 * top, 0.2 * top]]
        assert_close(convolve(image, device, [[1, 0, -1]], offset=0.2), expected, 1e-7)


def test_a_result_beyond_the_range_is_clipped_but_for_floats(device: str) -> None:
    image = np.array([[0, 200]], np.uint8)
    assert convolve(image, device, [[-1, 3, -1]]).tolist() == [[0, 255]]
    assert convolve(image.astype(np.float32), device, [[-1, 3, -1]]).tolist() == [[-200, 400]]


def test_a_kernel_is_typed_at_a_shell() -> None:
    typed = parse_step(installed(), "convolve:kernel=[[0,-1,0],[-1,5,-1],[0,-1,0]],normalize=yes")
    assert typed == installed().create("convolve", {"kernel": [[0, -1, 0], [-1, 5, -1], [0, -1, 0]], "normalize": True})


@pytest.mark.parametrize("word", ["correlate", "filter2d"])
def test_who_knows_it_as_a_correlation_finds_that(device: str, word: str, random_image: Make) -> None:
    image = random_image((17, 31))
    expected = convolve(image, device, ODD, mode="correlation")
    assert_close(imgcuda.apply(image, word, device=device, kernel=ODD), expected)


@pytest.mark.parametrize(
    ("kernel", "why"),
    [
        (np.ones((2, 3)), "kernel must have odd sides, so that one weight is in the middle; got 2x3"),
        (np.ones((3, 4)), "kernel must have odd sides, so that one weight is in the middle; got 3x4"),
        (np.ones((1, 1025)), "kernel must have at most 1023 rows and columns; got 1x1025"),
    ],
    ids=["rows", "columns", "size"],
)
def test_a_kernel_that_has_no_middle_or_is_too_large_is_refused(kernel: Image, why: str) -> None:
    with pytest.raises(imgcuda.ParameterError) as caught:
        installed().create("convolve", {"kernel": kernel})
    assert str(caught.value) == why


# A column times a row


@pytest.mark.parametrize(
    ("weights", "down", "along"),
    [
        ([[2, 4, 6], [-1, -2, -3]], [2, -1], [1, 2, 3]),
        ([[0, 0, 0], [0, 0, 0]], [0, 0], [0, 0, 0]),
        ([[3]], [1], [3]),
        ([[0, 5], [0, 7]], [5, 7], [0, 1]),
    ],
    ids=str,
)
def test_whole_numbers_are_taken_apart_into_whole_numbers(weights: Any, down: Any, along: Any) -> None:
    found = separated(np.array(weights, np.float64))
    assert found is not None
    assert np.outer(*found).tolist() == weights
    assert np.abs(found[0]).tolist() == np.abs(down).tolist() or weights == [[3]]
    assert all(number == round(number) for factor in found for number in factor)


def test_what_is_nearly_a_column_times_a_row_is_not_taken_for_one() -> None:
    weights = WAYS["separable"].copy()
    assert separated(weights) is not None
    weights[3, 4] += 1e-5
    assert separated(weights) is None
    assert separated(np.eye(9)) is None


# Against SciPy, OpenCV and Pillow

# Whole numbers that a float holds come out to the last level.
test_any_image_at_any_border_matches_scipy = matches(
    "convolve",
    lambda image, kernel, border: by_channels(image, scipys(kernel, border)),
    {"uint8": 0, "uint16": 0, "float32": 2e-5},
    [shape for shape in SHAPES if shape[2:] not in ((2,), (4,))],
    settings=[{"kernel": ODD}],
    border=BORDERS,
)


@pytest.mark.parametrize(
    ("way", "border", "dtype"),
    [
        ("small", "constant", "uint16"),
        ("small, 7x7", "wrap", "uint8"),
        exhaustive("one column", "nearest", "uint8"),
        ("one row", "mirror", "float32"),
        exhaustive("separable", "wrap", "uint16"),
        ("separable, 41x31", "constant", "float32"),
        exhaustive("separable, too far for a tile", "reflect", "uint8"),
        ("large", "constant", "uint8"),
        exhaustive("large, 63x63", "nearest", "uint16"),
        exhaustive("small", "mirror", "float32"),
        exhaustive("small, 7x7", "reflect", "float32"),
        exhaustive("one row", "constant", "uint8"),
        exhaustive("separable", "constant", "uint8"),
        exhaustive("separable, 41x31", "nearest", "uint8"),
        exhaustive("separable, too far for a tile", "constant", "float32"),
        exhaustive("large", "wrap", "float32"),
        exhaustive("large, 63x63", "mirror", "uint8"),
    ],
)
def test_any_kernel_matches_scipy(
    device: str, way: str, border: str, dtype: str, random_image: Make, reference: Make
) -> None:
    kernel = WAYS[way]
    # Where a kernel reaches further than four times the image, SciPy's own "reflect" errs.
    small = (3, 80, 3) if "far" in way else (1, 27, 3)
    for shape, mode in (((57, 331, 3), "convolution"), ((40, 350, 3), "correlation"), (small, "convolution")):
        image = random_image(shape, dtype)
        result = convolve(image, device, kernel, mode=mode, border=border)
        assert result.dtype == dtype
        assert_close(result, reference(image, scipys(kernel, border, mode)), TOLERANCE[dtype])


@pytest.mark.parametrize("way", ["small, 7x7", "separable", "large"])
def test_opencv_agrees(device: str, way: str, random_image: Make) -> None:
    image = random_image((61, 230), np.float32)
    expected = cv2.filter2D(image, -1, WAYS[way], borderType=cv2.BORDER_REFLECT)
    assert_close(convolve(image, device, WAYS[way], mode="correlation"), expected, 1e-6)


def test_pillow_agrees_within_the_image(device: str, random_image: Make) -> None:
    # Its kernels lie upside down over the image. Thirds are never half-way, which it rounds in another way.
    image = random_image((61, 230, 3))
    filter = ImageFilter.Kernel((3, 3), [float(weight) for weight in ODD[::-1].ravel()], scale=3, offset=51)
    theirs = np.asarray(PIL.Image.fromarray(image).filter(filter))
    ours = convolve(image, device, ODD / 3, mode="correlation", offset=0.2)
    assert_close(ours[1:-1, 1:-1], theirs[1:-1, 1:-1])


# What holds for any kernel


@pytest.mark.parametrize("way", every_third(WAYS))
def test_a_flat_image_is_multiplied_by_the_sum_of_the_weights(device: str, way: str) -> None:
    image = np.full((40, 150), 0.5, np.float32)
    expected = np.full(image.shape, 0.5 * WAYS[way].sum())
    assert_close(convolve(image, device, WAYS[way]), expected, 1e-6)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("turn", [np.fliplr, np.flipud], ids=["mirrored left to right", "upside down"])
def test_an_image_and_a_kernel_turned_are_the_result_turned(
    device: str, turn: Callable[[Image], Image], way: str, random_image: Make
) -> None:
    image = random_image((61, 230), np.float32)
    result = convolve(turn(image), device, turn(WAYS[way]))
    assert_close(result, turn(convolve(image, device, WAYS[way])), 1e-6)


@pytest.mark.parametrize("way", WAYS)
def test_what_is_no_number_reaches_as_far_as_the_kernel_and_no_further(device: str, way: str) -> None:
    height, width = WAYS[way].shape
    image = np.zeros((height + 20, width + 20), np.float32)
    image[height // 2 + 9, width // 2 + 7] = np.nan
    expected = np.zeros(image.shape, bool)
    expected[9 : 9 + height, 7 : 7 + width] = True
    assert_close(np.isnan(convolve(image, device, WAYS[way])), expected)


@pytest.mark.parametrize("way", WAYS)
def test_a_strip_is_convolved_as_in_the_whole(
    device: str, way: str, random_image: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    filter = installed().create("convolve", {"kernel": WAYS[way]})
    assert filter.halo is not None
    image = random_image((20 * filter.halo + 300, 70), np.float32)
    whole = filter(image, device=device)
    monkeypatch.setenv("IMGCUDA_MEMORY_LIMIT", str(image.nbytes))
    assert_close(filter(image, device=device), whole)


@pytest.mark.parametrize(
    ("way", "border"),
    [
        ("separable", "constant"),
        ("large", "reflect"),
        exhaustive("small", "constant"),
        exhaustive("separable, too far for a tile", "wrap"),
    ],
)
def test_the_kernels_do_nothing_that_they_may_not(way: str, border: str, random_image: Make) -> None:
    with checked():
        convolve(random_image((19, 47, 3)), "cpu", WAYS[way], border=border)


# Alpha


@matrix(shape=[(40, 30, 2), (33, 65, 4)], dtype=list(TOLERANCE))
def test_alpha_is_convolved_as_the_colors_are(
    device: str, shape: tuple[int, ...], dtype: str, random_image: Make, reference: Make
) -> None:
    kernel = np.array([[1, 2, 0], [4, 5, 1], [0, 2, 1]]) / 16
    image = random_image(shape, dtype)
    assert_close(convolve(image, device, kernel), reference(image, scipys(kernel)), TOLERANCE[dtype])


@pytest.mark.parametrize("way", ["separable", exhaustive("large")])
def test_alpha_is_convolved_in_every_way(device: str, way: str, random_image: Make, reference: Make) -> None:
    kernel = np.abs(WAYS[way])
    kernel /= kernel.sum()
    image = random_image((33, 65, 4))
    assert_close(convolve(image, device, kernel), reference(image, scipys(kernel)), 1)


def test_a_brighter_image_is_not_more_opaque(device: str) -> None:
    # Two pixels of 50 %, which a sum of 2 makes twice as bright, and an offset brighter by 51 of 255.
    image = np.array([[[60, 128], [100, 128]]], np.uint8)
    assert convolve(image, device, [[0, 2, 0]]).tolist() == [[[120, 128], [200, 128]]]
    assert convolve(image, device, [[0, 2, 0]], normalize=True).tolist() == image.tolist()
    assert convolve(image, device, [[0, 2, 0]], offset=0.2).tolist() == [[[171, 128], [251, 128]]]
    assert convolve(image, device, [[0, -1, 0]], offset=1).tolist() == [[[195, 128], [155, 128]]]


def test_differences_leave_alpha_as_it_was(device: str, random_image: Make, reference: Make) -> None:
    kernel = [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]
    image = random_image((33, 65, 4))
    image[..., 3] |= 128  # a difference is divided by alpha
    assert_close(convolve(image, device, kernel), reference(image, scipys(kernel), keep_alpha=True), 1)
    relief = convolve(image, device, kernel, offset=0.5)
    assert_close(relief[..., 3], image[..., 3])
    expected = reference(image.astype(np.float32) / 255, scipys(kernel), keep_alpha=True)[..., :3] + 0.5
    assert_close(relief[..., :3], np.clip(np.rint(expected * 255), 0, 255), 1)


def test_transparent_pixels_give_no_color(device: str) -> None:
    # Red, then transparent green: the red spreads, and thins out; nothing turns green or dark.
    image = np.array([[[200, 0, 0, 240], [0, 255, 0, 0]]], np.uint8)
    result = convolve(image, device, [[1, 2, 1]], normalize=True, border="nearest")
    assert result.tolist() == [[[200, 0, 0, 180], [200, 0, 0, 60]]]
