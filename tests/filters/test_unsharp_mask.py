"""The unsharp mask: against numbers done by hand, against SciPy's Gaussian in float64, and by what holds for any.

Up to a sigma of 6 the blur is summed up in the same kernel; beyond, it is the filter `blur` on finer levels.
"""

from __future__ import annotations

from collections.abc import Callable
from math import log
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest
import skimage.filters
from scipy import ndimage

import imgcuda
from imgcuda.testing import assert_close, checked
from support.matrix import exhaustive
from support.references import BORDERS, SHAPES, by_channels, matches

Image = npt.NDArray[Any]
Make = Callable[..., Image]

TOLERANCE = {"uint8": 1, "uint16": 1, "float32": 1e-6}
"""Levels, or for floats, which are random from 0 to 1, that much: for a small blur, and amounts up to 2."""

ON_GRID = {"uint8": 1, "uint16": 33, "float32": 5e-4}
"""The same for a large blur, which is 1e-4 of the range off, and an amount of 5."""

EXACT = (1 / (2 * log(98))) ** 0.5
"""The sigma at which a neighbor weighs 1/98 of the middle, so that the weights are 0.01, 0.98 and 0.01."""


def sharpen(image: Image, device: str, **parameters: Any) -> Image:
    return np.asarray(imgcuda.apply(image, "unsharp-mask", device=device, **parameters))


def formula(sigma: float, amount: float, border: str = "reflect", threshold: float = 0) -> Callable[[Image], Image]:
    """Return what becomes of one channel, from 0 to 1."""

    def sharpened(plane: Image) -> Image:
        more = plane - ndimage.gaussian_filter(plane, sigma, mode=border)
        return np.asarray(np.where(np.abs(more) >= threshold, plane + amount * more, plane))

    return sharpened


# By hand


def test_a_step_is_lowered_on_its_lower_side_and_raised_on_the_other(device: str) -> None:
    # Blurred it is 100 101 | 199 200.
    image = np.array([[100, 100, 200, 200]] * 3, np.uint8)
    assert_close(sharpen(image, device, sigma=EXACT, amount=1), [[100, 99, 201, 200]] * 3)
    assert_close(sharpen(image, device, sigma=EXACT, amount=10), [[100, 90, 210, 200]] * 3)
    assert_close(sharpen(image.astype(np.float32), device, sigma=EXACT, amount=5), [[100, 95, 205, 200]] * 3, 1e-3)


def test_what_is_less_than_the_threshold_is_left_as_it_is(device: str) -> None:
    # Blurred, the sides of the two steps are 0.5 and 2 levels off; the threshold is 1 level.
    image = np.array([[0, 0, 50, 50, 250, 250]] * 3, np.uint16)
    result = sharpen(image, device, sigma=EXACT, amount=10, threshold=1 / 65535)
    assert_close(result, [[0, 0, 50, 30, 270, 250]] * 3)


@pytest.mark.parametrize(
    ("border", "row"),
    [
        ("reflect", [100, 105, 45, 50]),  # 100 | 100 100 50 50 | 50
        ("constant", [110, 105, 45, 55]),  # 0 | 100 100 50 50 | 0
        exhaustive("wrap", [105, 105, 45, 45]),  # 50 | 100 100 50 50 | 100
    ],
)
def test_each_border_continues_the_row_in_its_way(device: str, border: str, row: list[int]) -> None:
    # Three equal rows: the one in the middle is sharpened as if it were alone.
    image = np.array([[100, 100, 50, 50]] * 3, np.uint8)
    assert sharpen(image, device, sigma=EXACT, amount=10, border=border)[1].tolist() == row


def test_a_result_beyond_the_range_is_clipped_but_for_floats(device: str) -> None:
    image = np.array([[0, 0, 255, 255]] * 3, np.uint8)
    assert_close(sharpen(image, device), image)
    result = sharpen(image.astype(np.float32) / 255, device, sigma=EXACT, amount=1)
    assert_close(result, [[0, -0.01, 1.01, 1]] * 3, 1e-6)


def test_it_has_another_name(device: str, random_image: Make) -> None:
    image = random_image((17, 31))
    assert_close(imgcuda.apply(image, "unsharp", device=device, sigma=1), sharpen(image, device, sigma=1))


# Against SciPy, OpenCV and scikit-image

# A kernel takes half a second to compile, for each pixel type, channel count, border and radius.


test_any_image_at_any_border_is_as_scipys_blur_has_it = matches(
    "unsharp-mask",
    lambda image, border, **parameters: by_channels(image, formula(**parameters, border=border)),
    TOLERANCE,
    [shape for shape in SHAPES if shape[2:] not in ((2,), (4,))],
    settings=[{"sigma": 1.5, "amount": 2}],
    border=BORDERS,
)


@pytest.mark.parametrize("amount", [0.5, 5, 10])
@pytest.mark.parametrize("sigma", [0.3, 1.5, 20, *map(exhaustive, (6, 6.2))])
def test_bytes_are_one_level_off_at_most_whatever_the_amount(
    device: str, sigma: float, amount: float, random_image: Make, reference: Make
) -> None:
    image = random_image((61, 230))
    assert_close(sharpen(image, device, sigma=sigma, amount=amount), reference(image, formula(sigma, amount)), 1)


@pytest.mark.parametrize(
    ("sigma", "dtype", "border"),
    [
        (6, "float32", "nearest"),
        exhaustive(9, "float32", "reflect"),
        exhaustive(20, "uint16", "mirror"),
        exhaustive(1.5, "uint16", "mirror"),
        exhaustive(1.5, "float32", "constant"),
        exhaustive(6.2, "uint16", "reflect"),
        exhaustive(9, "float32", "constant"),
        exhaustive(100, "float32", "reflect"),
    ],
)
def test_any_type_is_as_scipys_blur_has_it(
    device: str, sigma: float, dtype: str, border: str, random_image: Make, reference: Make
) -> None:
    amount, tolerance = (2, TOLERANCE) if sigma <= 6 else (5, ON_GRID)
    for shape in ((17, 31, 3), (40, 150, 3)):
        image = random_image(shape, dtype)
        result = sharpen(image, device, sigma=sigma, amount=amount, border=border)
        assert result.dtype == dtype
        assert_close(result, reference(image, formula(sigma, amount, border)), tolerance[dtype])


@pytest.mark.parametrize(
    ("sigma", "dtype"), [(1.5, "uint8"), (1.5, "float32"), exhaustive(9, "uint8"), exhaustive(9, "uint16")]
)
def test_any_threshold_decides_as_scipys_blur_does(
    device: str, sigma: float, dtype: str, random_image: Make, reference: Make
) -> None:
    image = random_image((61, 230), dtype)
    top = 1 if dtype == "float32" else np.iinfo(dtype).max
    plane = image / top
    apart = np.abs(plane - ndimage.gaussian_filter(plane, sigma))
    clear = np.abs(apart - 0.2) > 1e-3  # what is nearer to the threshold may fall to either side
    assert 0.1 < (apart[clear] >= 0.2).mean() < 0.9
    result = sharpen(image, device, sigma=sigma, amount=2, threshold=0.2)
    expected = reference(image, formula(sigma, 2, threshold=0.2))
    tolerance = TOLERANCE if sigma <= 6 else ON_GRID
    assert_close(result[clear], expected[clear], tolerance[dtype])
    unchanged = clear & (apart < 0.2)
    assert_close(result[unchanged], image[unchanged])


def test_opencv_agrees_where_its_kernel_is_as_large(device: str, random_image: Make) -> None:
    image = random_image((61, 230), np.float32)
    blurred = cv2.GaussianBlur(image, (13, 13), 1.5, borderType=cv2.BORDER_REFLECT)
    assert_close(sharpen(image, device, sigma=1.5, amount=2), cv2.addWeighted(image, 3, blurred, -2, 0), 2e-6)


def test_scikit_image_agrees(device: str, random_image: Make) -> None:
    image = random_image((61, 230), np.float32)
    expected = skimage.filters.unsharp_mask(  # type: ignore[no-untyped-call]
        image.astype(np.float64), radius=1.5, amount=2, preserve_range=True
    )
    assert_close(sharpen(image, device, sigma=1.5, amount=2), expected, 1e-6)


# What holds for any


@pytest.mark.parametrize("sigma", [1.5, 20])
@pytest.mark.parametrize(
    ("level", "dtype"), [(0, "uint8"), (127, "uint8"), (255, "uint8"), exhaustive(40000, "uint16")]
)
def test_a_flat_image_stays_flat(device: str, level: int, dtype: str, sigma: float) -> None:
    image = np.full((40, 150), level, dtype)
    assert_close(sharpen(image, device, sigma=sigma, amount=1), image, 0 if dtype == "uint8" else 1)


@pytest.mark.parametrize("sigma", [1.5, 20])
def test_no_amount_changes_nothing(device: str, sigma: float, random_image: Make) -> None:
    for dtype in ("uint8", "float32"):
        image = random_image((40, 150), dtype)
        assert_close(sharpen(image, device, sigma=sigma, amount=0), image)


@pytest.mark.parametrize("sigma", [1.5, 20])
@pytest.mark.parametrize("turn", [np.fliplr, np.flipud, np.transpose], ids=["mirrored", "upside down", "transposed"])
def test_an_image_turned_before_is_the_result_turned_after(
    device: str, turn: Callable[[Image], Image], sigma: float, random_image: Make
) -> None:
    image = random_image((61, 230), np.float32)
    assert_close(sharpen(turn(image), device, sigma=sigma), turn(sharpen(image, device, sigma=sigma)), 2e-6)


@pytest.mark.parametrize(("sigma", "channels"), [(9, 4), exhaustive(6, 3), exhaustive(6, 4), exhaustive(9, 3)])
def test_a_strip_is_sharpened_as_in_the_whole(
    device: str, sigma: float, channels: int, random_image: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = random_image((1500, 47, channels))
    whole = sharpen(image, device, sigma=sigma)
    monkeypatch.setenv("IMGCUDA_MEMORY_LIMIT", str(6 * image.nbytes))
    assert_close(sharpen(image, device, sigma=sigma), whole)


@pytest.mark.parametrize(("sigma", "channels"), [(1.5, 3), exhaustive(9, 1), exhaustive(1.5, 4)])
def test_the_kernels_do_nothing_that_they_may_not(sigma: float, channels: int, random_image: Make) -> None:
    with checked():
        sharpen(random_image((19, 47, channels)), "cpu", sigma=sigma)


# Alpha


@pytest.mark.parametrize(
    ("shape", "sigma", "dtype"),
    [
        ((33, 65, 4), 1.5, "uint8"),
        ((33, 65, 4), 9, "uint8"),
        ((40, 30, 2), 1.5, "float32"),
        exhaustive((40, 30, 2), 1.5, "uint8"),
        exhaustive((33, 65, 4), 1.5, "float32"),
        exhaustive((33, 65, 4), 9, "float32"),
    ],
)
def test_colors_are_compared_with_the_colors_of_what_is_there(
    device: str, shape: tuple[int, ...], sigma: float, dtype: str, random_image: Make
) -> None:
    image = random_image(shape, dtype)
    top = 255 if dtype == "uint8" else 1
    values = image / top
    alpha = values[..., -1]
    expected = values.copy()
    for channel in range(shape[2] - 1):
        blurred = ndimage.gaussian_filter(values[..., channel] * alpha, sigma) / ndimage.gaussian_filter(alpha, sigma)
        expected[..., channel] += 2 * (values[..., channel] - blurred)
    expected *= top
    if dtype == "uint8":
        expected = np.clip(np.rint(expected), 0, 255)
        expected[alpha == 0, :-1] = 0
    assert_close(sharpen(image, device, sigma=sigma, amount=2), expected, 1 if dtype == "uint8" else ON_GRID[dtype])


def test_a_shape_of_one_color_gets_no_seam(device: str) -> None:
    rows, columns = np.mgrid[:60, :80]
    alpha = np.clip(8 * (25 - np.hypot(rows - 30, columns - 40)), 0, 255).astype(np.uint8)
    image = np.dstack([np.full((60, 80, 3), (200, 90, 30), np.uint8), alpha])
    image[alpha == 0, :3] = 0
    assert_close(sharpen(image, device, amount=5), image)


def test_an_opaque_image_is_sharpened_as_without_alpha(device: str, random_image: Make) -> None:
    colors = random_image((33, 65, 3))
    opaque = np.dstack([colors, np.full(colors.shape[:2], 255, np.uint8)])
    result = sharpen(opaque, device, threshold=0.1)
    assert_close(result[..., 3], opaque[..., 3])
    assert_close(result[..., :3], sharpen(colors, device, threshold=0.1), 1)


@pytest.mark.parametrize("sigma", [16.0, *map(exhaustive, (6.2, 11.0))])
def test_16_bits_are_within_a_level_whatever_the_amount(sigma: float, device: str) -> None:
    steps = np.add.outer(np.arange(120) // 5, np.arange(90) // 5) % 2
    checks = np.rint((steps * 0.2 + 0.4) * 65535).astype(np.uint16)
    noise = np.random.default_rng(0).integers(0, 65536, (120, 90), dtype=np.uint16)
    for image in (checks, noise):
        exact = image.astype(np.float64)
        wanted = np.clip(exact + 10 * (exact - ndimage.gaussian_filter(exact, sigma)), 0, 65535)
        assert_close(imgcuda.apply(image, "unsharp-mask", sigma=sigma, amount=10.0, device=device), wanted, 1)
