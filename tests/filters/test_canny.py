"""Canny's edges: by hand, against OpenCV pixel for pixel, and against the same rules in float64 with SciPy.

Without a blur, on bytes, OpenCV computes the same with whole numbers. scikit-image looks for the longest gradient
between pixels, so its lines are a pixel off here and there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest
import skimage.feature
from scipy import ndimage

import imgcuda
from imgcuda import ParameterError
from imgcuda.testing import assert_close
from imgcuda.testing.contract_checks import KINDS
from support.installed import installed
from support.luminance import luminance, parts
from support.matrix import exhaustive, matrix

Image = npt.NDArray[Any]
Make = Callable[..., Image]

SHAPES = [(1, 1), (1, 50), (50, 1), (2, 2), (17, 31), (40, 253), (33, 256), (61, 700), (300, 517)]
"""From one pixel, by sizes around those of a block, 254 by 16 and 256 by 16, to many of them."""

THRESHOLDS = [(0, 0), (20, 60), (100, 200), (50, 400), (300, 700)]


def canny(image: Image, device: str, **parameters: Any) -> Image:
    return np.asarray(imgcuda.apply(image, "canny", device=device, **parameters))


def opencv(image: Image, low: float, high: float) -> Image:
    return np.asarray(cv2.Canny(image, low, high, L2gradient=True))


def exact(image: Image, sigma: float, low: float, high: float) -> Image:
    """Return where there are edges, by the same rules in float64."""
    colors, alpha = parts(image)
    gray = (luminance(colors) * alpha)[..., 0]
    smooth = ndimage.gaussian_filter(gray, sigma) if sigma else gray
    gx, gy = (ndimage.sobel(smooth, axis=axis, mode="nearest") for axis in (1, 0))
    length = np.hypot(gx, gy)
    longest = _longest(length, gx, gy)
    labels, _ = ndimage.label(longest & (length > low), np.ones((3, 3)))
    return np.asarray(np.isin(labels, np.unique(labels[longest & (length > high)])) & (labels > 0))


def _longest(length: Image, gx: Image, gy: Image) -> Image:
    """Return where a gradient is longer than those on both sides, in the nearest of four directions."""
    height, width = length.shape
    around = np.pad(length, 1)
    side = {(y, x): around[1 + y : 1 + y + height, 1 + x : 1 + x + width] for y in (-1, 0, 1) for x in (-1, 0, 1)}
    angle = np.degrees(np.arctan2(np.abs(gy), np.abs(gx)))
    across, down, falls = angle < 22.5, angle > 67.5, (gx < 0) == (gy < 0)
    before = np.select([across, down, falls], [side[0, -1], side[-1, 0], side[-1, -1]], side[-1, 1])
    after = np.select([across, down, falls], [side[0, 1], side[1, 0], side[1, 1]], side[1, -1])
    return np.asarray((length > before) & np.where(across | down, length >= after, length > after))


def spiral(height: int, width: int, step: int = 8) -> Image:
    """Return one line that winds inwards, faint but for its end."""
    image = np.full((height, width), 60, np.uint8)
    left, upper, right, lower = 4, 4, width - 5, height - 5
    points = [(left, upper)]
    while min(right - left, lower - upper) > 2 * step:
        points += [(right, upper), (right, lower), (left, lower), (left, upper + step)]
        left, upper, right, lower = left + step, upper + step, right - step, lower - step
        points.append((left, upper))
    cv2.polylines(image, [np.array(points)], False, 100, 3)
    end = image[upper - step : upper + step, left - step : left + step]
    end[end == 100] = 255
    return image


# By hand


def test_a_step_is_a_line_on_its_first_side(device: str) -> None:
    image = np.array([[50, 50, 50, 60, 60, 60]] * 4, np.uint8)
    expected = [[0, 0, 255, 0, 0, 0]] * 4
    assert_close(canny(image, device, sigma=0, low=0.1, high=0.1), expected)  # 40 / 255 is 0.157
    assert_close(canny(np.ascontiguousarray(image.T), device, sigma=0, low=0.1, high=0.1), np.transpose(expected))


def test_a_gradient_as_long_as_a_threshold_is_not_beyond_it(device: str) -> None:
    image = np.array([[50, 50, 50, 60, 60, 60]] * 4, np.uint8)
    for low, high, white in ((39, 39, 4), (40, 40, 0), (39, 40, 0), (0, 39, 4)):
        made = canny(image, device, sigma=0, low=low / 255, high=high / 255)
        assert np.count_nonzero(made) == white


def test_what_is_weak_is_drawn_as_far_as_it_hangs_on_something_strong(device: str) -> None:
    # Two steps of 10, whose gradient is 40; the first grows to 14 on its way down, where it is more than 50.
    half = np.array([5, 5, 6, 6, 7, 7])[:, None]
    image = np.hstack([np.tile(20 - half, 3), np.tile(20 + half, 4), np.tile(30 + half, 3)]).astype(np.uint8)
    made = canny(image, device, sigma=0, low=30 / 255, high=50 / 255)
    assert_close(made, [[0, 0, 255, 0, 0, 0, 0, 0, 0, 0]] * 6)
    assert not canny(image, device, sigma=0, low=30 / 255, high=60 / 255).any()


# Against OpenCV


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_any_shape_matches_opencv(device: str, shape: tuple[int, int], random_image: Make) -> None:
    noise = random_image(shape)
    coarse = cv2.resize(random_image((shape[0] // 7 + 1, shape[1] // 7 + 1)), shape[::-1])
    for image in (noise, coarse, noise // 200 * 200):
        image = image.reshape(shape)
        for low, high in THRESHOLDS:
            assert_close(canny(image, device, sigma=0, low=low / 255, high=high / 255), opencv(image, low, high))


@pytest.mark.parametrize(("low", "high"), THRESHOLDS)
def test_pictures_match_opencv(device: str, low: float, high: float, picture: Image) -> None:
    large = cv2.resize(picture, (1400, 900), interpolation=cv2.INTER_CUBIC)
    for image in (picture, picture[::-1], 255 - picture, large):
        gray = imgcuda.apply(image, "grayscale", device=device)
        assert_close(canny(gray, device, sigma=0, low=low / 255, high=high / 255), opencv(gray, low, high))


@pytest.mark.parametrize("turn", [np.asarray, np.flipud, np.fliplr, np.transpose])
def test_an_edge_that_winds_through_the_whole_image_is_found_to_its_end(
    device: str, turn: Callable[[Image], Image]
) -> None:
    image = np.ascontiguousarray(turn(spiral(1080, 1920)))
    made = canny(image, device, sigma=0, low=0.3, high=1.5)
    assert_close(made, opencv(image, 0.3 * 255, 1.5 * 255))
    if turn in (np.asarray, np.transpose):
        assert np.count_nonzero(made) > 500_000


# In float64


@pytest.mark.parametrize(
    ("sigma", "low", "off"), [(1, 0.1, 2), (8, 0.02, 12), exhaustive(0.5, 0.1, 2), exhaustive(3, 0.05, 2)]
)
def test_a_blurred_picture_matches_float64(device: str, sigma: float, low: float, off: int, picture: Image) -> None:
    expected = exact(picture, sigma, low, 2 * low)
    assert np.count_nonzero(expected) > 4000
    made = canny(picture, device, sigma=sigma, low=low, high=2 * low) > 0
    # Measured: 0, but 6 for a sigma of 8, where the blur is within 1e-4. Where one gradient is as long as another, or
    # as a threshold, the last bit of a float decides.
    assert np.count_nonzero(made != expected) <= off


@matrix(shape=[(17, 31), (40, 253, 1), (40, 253, 2), (33, 256, 3), (61, 300, 4)], dtype=["uint8", "uint16", "float32"])
def test_any_type_and_channels_match_float64(
    device: str, shape: tuple[int, ...], dtype: str, random_image: Make
) -> None:
    image = random_image(shape, dtype)
    top = 1 if dtype == "float32" else np.iinfo(dtype).max
    made = np.atleast_3d(canny(image, device, low=0.3, high=0.6))
    assert made.dtype == dtype
    assert set(np.unique(made[..., 0])) <= {0, top}
    assert np.count_nonzero((made[..., 0] > 0) != exact(image, 1, 0.3, 0.6)) <= 2  # measured: 0


def test_scikit_image_has_nearly_the_same_lines(device: str, picture: Image) -> None:
    gray = imgcuda.apply(picture, "grayscale", device=device)
    ours = canny(gray, device, sigma=2) > 0
    scikit_image: Any = skimage.feature.canny
    theirs = scikit_image(gray / 255, sigma=2, low_threshold=0.1, high_threshold=0.2, mode="reflect")
    for one, other in ((ours, theirs), (theirs, ours)):
        near = ndimage.binary_dilation(other, np.ones((3, 3)))
        assert np.count_nonzero(one & ~near) <= 0.05 * np.count_nonzero(one)  # measured: 0.045


# What holds for any


@pytest.mark.parametrize(("dtype", "channels"), KINDS)
def test_a_flat_image_has_no_edges(device: str, dtype: str, channels: int) -> None:
    image = np.full((40, 150, channels), 0.7 if dtype == "float32" else 77, dtype)
    assert not canny(image, device, low=0, high=0)[..., :1].any()


def test_a_larger_threshold_draws_no_more(device: str, picture: Image) -> None:
    made = [canny(picture, device, low=low, high=high) for low, high in ((0.1, 0.2), (0.2, 0.2), (0.2, 0.4))]
    assert (made[0] >= made[1]).all()
    assert (made[1] >= made[2]).all()


def test_a_sigma_that_is_too_small_for_a_blur_is_none(device: str, picture: Image) -> None:
    assert_close(canny(picture, device, sigma=0.09), canny(picture, device, sigma=0))


def test_the_result_is_the_same_each_time(device: str) -> None:
    image = spiral(400, 600)
    made = {canny(image, device, sigma=0, low=0.3, high=1.5).tobytes() for _ in range(10)}
    assert len(made) == 1


def test_low_must_not_be_above_high() -> None:
    with pytest.raises(ParameterError, match=r"low must be at most high; got 0\.5 and 0\.2"):
        installed().create("canny", {"low": 0.5})


# Alpha


def test_alpha_is_kept(device: str, random_image: Make) -> None:
    for shape, dtype in (((33, 65, 4), "uint8"), ((40, 30, 2), "uint16")):
        image = random_image(shape, dtype)
        made = canny(image, device)
        assert made.shape == (*shape[:2], 2)
        assert_close(made[..., 1], image[..., -1])


def test_an_opaque_image_is_as_without_alpha(device: str, picture: Image) -> None:
    opaque = np.dstack([picture, np.full(picture.shape[:2], 255, np.uint8)])
    assert_close(canny(opaque, device)[..., 0], canny(picture, device))


def test_colors_that_cannot_be_seen_have_no_edges(device: str, random_image: Make) -> None:
    image = random_image((33, 65, 4))
    image[..., 3] = 0
    assert not canny(image, device, low=0, high=0)[..., 0].any()


@pytest.mark.parametrize("sigma", [1.0, *map(exhaustive, (1.5, 2.0))])
def test_an_ideal_edge_is_drawn_at_the_same_place_in_every_type(sigma: float, device: str) -> None:
    image = np.zeros((60, 60), np.uint8)
    image[20:40, 20:40] = 200
    pictures: list[npt.NDArray[Any]] = [image, image.astype(np.uint16) * 257, image.astype(np.float32) / 255]
    drawn = [imgcuda.apply(each, "canny", sigma=sigma, device=device) > 0 for each in pictures]
    for each in drawn:
        rows, columns = np.nonzero(each)
        assert rows.min() == columns.min() == 19  # of two rows alike the upper one, of two columns the left one
        assert rows.max() == columns.max() == 39
        assert np.count_nonzero(each != drawn[0]) <= 2  # toward the corners they are ever less alike
