"""The distance transform: by hand, and against SciPy and OpenCV."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from scipy import ndimage

import imgcuda
from imgcuda.testing import assert_close, checked
from support.matrix import exhaustive, matrix

Image = npt.NDArray[Any]

METRICS = ["euclidean", "cityblock", "chessboard"]


def distances(image: Image, device: str, **parameters: Any) -> Image:
    return np.asarray(imgcuda.apply(image, "distance-transform", device=device, **parameters))


def mask(shape: tuple[int, ...], background: float = 0.02) -> npt.NDArray[np.bool_]:
    """Return where an image is foreground: at random, with one pixel at least that is not."""
    made = np.random.default_rng([*shape]).random(shape[:2]) >= background
    made[shape[0] // 2, shape[1] // 3] = False
    return made


def scipy_distances(foreground: npt.NDArray[np.bool_], metric: str) -> Image:
    if metric == "euclidean":
        return np.asarray(ndimage.distance_transform_edt(foreground))
    return np.asarray(ndimage.distance_transform_cdt(foreground, "taxicab" if metric == "cityblock" else metric))


@pytest.mark.parametrize(("metric", "corner"), [("euclidean", 18**0.5), ("cityblock", 6), ("chessboard", 3)])
def test_one_dark_pixel_is_as_far_as_the_metric_says(device: str, metric: str, corner: float) -> None:
    image = np.ones((5, 5), np.float32)
    image[3, 3] = 0
    made = distances(image, device, metric=metric)
    assert made[3].tolist() == made[:, 3].tolist() == [3, 2, 1, 0, 1]
    assert made[0, 0] == np.float32(corner)


def test_levels_are_rounded_scaled_and_end_at_white(device: str) -> None:
    image = np.full((2, 300), 255, np.uint8)
    image[0, 0] = 0
    made = distances(image, device)
    assert made[0, [0, 1, 2, 254, 255, 256, 299]].tolist() == [0, 1, 2, 254, 255, 255, 255]
    assert made[1, :3].tolist() == [1, 1, 2]  # 1, sqrt(2), sqrt(5)
    assert distances(image, device, scale=10)[1, :3].tolist() == [10, 14, 22]


def test_without_background_all_is_white_and_of_floats_infinite(device: str) -> None:
    assert (distances(np.full((3, 4), 200, np.uint8), device) == 255).all()
    assert np.isinf(distances(np.ones((3, 4), np.float32), device)).all()
    assert not distances(np.full((3, 4), np.nan, np.float32), device).any()


@pytest.mark.parametrize(("threshold", "background"), [(0.0, 1), (0.5, 4), (1.0, 5)])
def test_what_is_at_most_the_threshold_is_background(device: str, threshold: float, background: int) -> None:
    image = np.array([[0, 1, 126, 127, 255]], np.uint8)
    assert int((distances(image, device, threshold=threshold) == 0).sum()) == background


def test_transparent_pixels_are_background(device: str) -> None:
    image = np.full((1, 4, 4), 255, np.uint8)
    image[0, 1, 3] = 0
    assert distances(image, device).tolist() == [[1, 0, 1, 2]]


@matrix(
    shape=[(17, 31), (1, 1), (1, 50), (50, 1), (300, 517), (37, 53, 3), (40, 30, 2), (33, 65, 4)],
    dtype=["uint8", "uint16", "float32"],
    metric=METRICS,
)
def test_any_image_by_any_metric_matches_scipy(device: str, shape: tuple[int, ...], dtype: str, metric: str) -> None:
    foreground, top = mask(shape), 1 if dtype == "float32" else np.iinfo(dtype).max
    image = np.full(shape, top, dtype)
    image[~foreground] = 0
    if len(shape) == 3 and shape[2] % 2 == 0:
        image[..., -1] = top
    expected = scipy_distances(foreground, metric)
    made = distances(image, device, metric=metric)
    assert made.dtype == dtype
    if dtype == "float32":
        assert_close(made, expected, 1e-5)
    else:
        assert_close(made, np.rint(np.minimum(expected, top)))


@pytest.mark.parametrize("background", [0.3, 0.0005, exhaustive(0.0)])
def test_opencv_agrees_however_far_it_is(device: str, background: float) -> None:
    image = mask((200, 700), background).astype(np.float32)
    expected = cv2.distanceTransform(image.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    assert_close(distances(image, device), expected, 1e-3)


def test_lines_of_background_are_as_far_as_their_columns(device: str) -> None:
    columns = np.mgrid[:120, :90][1]
    image = np.ones((120, 90), np.float32)
    image[:, 40] = 0
    assert_close(distances(image, device), np.abs(columns - 40))
    assert_close(distances(np.ascontiguousarray(image.T), device), np.abs(columns.T - 40))


@pytest.mark.exhaustive
@pytest.mark.parametrize("shape", [(3, 17000), (17000, 3)])
def test_a_large_image_has_large_squares(device: str, shape: tuple[int, int]) -> None:
    image = np.ones(shape, np.float32)
    image[0, 0] = 0
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    assert_close(distances(image, device), np.hypot(rows, columns), 1e-2)


def test_the_kernels_do_nothing_that_they_may_not() -> None:
    with checked():
        distances((255 * mask((9, 47))).astype(np.uint8), "cpu")
