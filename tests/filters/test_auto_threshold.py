"""The automatic threshold: against levels found by hand, by OpenCV, by scikit-image, and by trying each level.

Levels that part an image in the same way are the same threshold, so it is the images that are compared. OpenCV's Otsu
is for 8 and 16 bits, its triangle for 8 bits. scikit-image's triangle ends its line at other places.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest
import skimage.filters

import imgcuda
from imgcuda import devices
from imgcuda.execution.streaming import filter_image
from imgcuda.testing import assert_close
from imgcuda_plugins.threshold.auto_threshold import otsu, triangle
from support.installed import installed

Image = npt.NDArray[Any]
Make = Callable[..., Image]

SHAPES = [(1, 1), (1, 50), (50, 1), (2, 2), (17, 31), (40, 30, 1), (37, 53, 3), (5, 700, 3), (300, 517, 3)]
METHODS = {"otsu": cv2.THRESH_OTSU, "triangle": cv2.THRESH_TRIANGLE}


def auto_threshold(image: Image, device: str, **parameters: Any) -> Image:
    return np.asarray(imgcuda.apply(image, "auto-threshold", device=device, **parameters))


def images(seed: int, dtype: str) -> list[Image]:
    """Return images of random sizes: even, two peaks, one peak at either end, and a few levels."""
    random, top = np.random.default_rng(seed), np.iinfo(dtype).max
    size = int(random.integers(2, 5000))
    made = [
        random.random(size),
        np.concatenate([random.normal(0.3, 0.05, size), random.normal(0.7, 0.1, size // 3)]),
        random.random(size) ** 4,
        1 - random.random(size) ** 3 / 2,
        random.choice(random.random(4), size),
    ]
    return [np.rint(np.clip(values, 0, 1) * top).astype(dtype)[None] for values in made]


# By hand


def test_otsu_parts_two_groups_between_them(device: str) -> None:
    image = np.array([[10, 11, 12, 13, 80, 81, 82]], np.uint8)
    assert auto_threshold(image, device).tolist() == [[0, 0, 0, 0, 255, 255, 255]]


def test_otsu_makes_the_groups_even_where_there_is_no_gap(device: str) -> None:
    # 0, 3 | 6, 9: the means are 6 apart, and each has half; any other way, it is 1/4 * 3/4 * 6^2.
    assert otsu(np.bincount([0, 3, 6, 9], minlength=256)) == 3
    assert auto_threshold(np.array([[0, 3], [6, 9]], np.uint8), device).tolist() == [[0, 0], [255, 255]]


def test_the_triangle_finds_the_foot_of_the_peak(device: str) -> None:
    # A peak at 200 and a tail down to 101: the line goes from 0 at 100 to 100 at 200. Each level but 200 occurs once,
    # so what is furthest below the line is 199; the level before that is the last that is black.
    image = np.array([[*range(101, 200), *[200] * 100]], np.uint8)
    assert triangle(np.bincount(image[0], minlength=256)) == 198
    assert auto_threshold(image, device, method="triangle").tolist() == [[0] * 98 + [255] * 101]
    # With the peak on the other side, 56 is furthest, and the level after it is the last that is black.
    mirrored = 255 - image
    assert triangle(np.bincount(mirrored[0], minlength=256)) == 57
    assert auto_threshold(mirrored, device, method="triangle").tolist() == [[255] * 97 + [0] * 102]


# Against OpenCV and scikit-image


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_any_shape_matches_the_gray_image_of_opencv(
    device: str, shape: tuple[int, ...], method: str, random_image: Make
) -> None:
    for image in (random_image(shape), (random_image(shape) / 255.0) ** 3 * 200 + 20):
        image = image.astype(np.uint8)
        gray = np.atleast_2d(np.squeeze(imgcuda.apply(image, "grayscale", device=device))).reshape(shape[:2])
        _, expected = cv2.threshold(gray, 0, 255, METHODS[method])
        assert_close(auto_threshold(image, device, method=method).reshape(shape[:2]), expected)


@pytest.mark.parametrize("method", METHODS)
def test_pictures_match_opencv(device: str, method: str, picture: Image) -> None:
    for image in (picture, picture // 2, 255 - picture, cv2.GaussianBlur(picture, (0, 0), 5)):
        gray = imgcuda.apply(image, "grayscale", device=device)
        assert_close(auto_threshold(image, device, method=method), cv2.threshold(gray, 0, 255, METHODS[method])[1])


@pytest.mark.parametrize(("method", "dtype"), [("otsu", "uint8"), ("triangle", "uint8"), ("otsu", "uint16")])
def test_levels_part_images_as_opencvs_do(method: str, dtype: str) -> None:
    for seed in range(60):
        for image in images(seed, dtype):
            level, expected = cv2.threshold(image, 0, float(np.iinfo(dtype).max), METHODS[method])
            counts = np.bincount(image[0], minlength=np.iinfo(dtype).max + 1)
            assert level < 0 or ((image > (otsu if method == "otsu" else triangle)(counts)) == (expected > 0)).all()


def test_of_each_level_alone_16_bits_part_as_8_do(device: str, picture: Image) -> None:
    made = auto_threshold(picture.astype(np.uint16) * 257, device)
    assert_close(made // 257, auto_threshold(picture, device))


def test_no_other_level_leaves_a_larger_variance_between_the_classes() -> None:
    for seed in range(20):
        for image in images(seed, "uint16"):
            values = np.sort(image[0]).astype(np.float64)
            level = otsu(np.bincount(image[0], minlength=65536))
            between = [_between(values, int(part) + 1) for part in np.flatnonzero(np.diff(values))]
            chosen = _between(values, int(np.searchsorted(values, level, side="right"))) if between else 0
            assert chosen >= max(between, default=0) * (1 - 1e-12)


def _between(values: Image, part: int) -> float:
    """Return the variance between the first so many values and the others."""
    low, high = values[:part], values[part:]
    return float(len(low) * len(high) * (low.mean() - high.mean()) ** 2)


def test_the_triangle_level_is_next_to_the_one_furthest_from_the_line() -> None:
    for seed in range(20):
        for image in images(seed, "uint16"):
            counts = np.bincount(image[0] // 2 + 1000, minlength=65536)
            peak, (first, last) = int(counts.argmax()), np.flatnonzero(counts)[[0, -1]]
            end, outward = (first - 1, -1) if peak - first + 1 >= last + 1 - peak else (last + 1, 1)
            levels = np.arange(peak, end + outward, outward)
            below = counts[peak] * (1 - np.abs(levels - peak) / abs(end - peak)) - counts[levels]
            found = triangle(counts) - outward
            assert below[abs(found - peak)] == pytest.approx(below.max(), abs=1e-9)


def test_floats_are_as_scikit_image_has_them(device: str, picture: Image) -> None:
    # It counts in single precision, in steps from the darkest to the brightest.
    noise = np.random.default_rng(0).normal(0, 0.01, picture.shape[:2])
    image = np.clip(picture[..., 1] / 255 * 0.8 + 0.1 + noise, 0, 1).astype(np.float32)
    threshold_otsu: Any = skimage.filters.threshold_otsu
    level = threshold_otsu(image, nbins=65536)
    made = auto_threshold(image, device)
    assert image[made == 0].max() == pytest.approx(level, abs=2e-4)
    assert image[made == 1].min() == pytest.approx(level, abs=2e-4)


def test_floats_outside_of_0_to_1_count_as_0_and_1(device: str) -> None:
    image = np.array([[-90, -3, 0.1, 0.7, 2, 1000]], np.float32)
    assert auto_threshold(image, device).tolist() == [[0, 0, 0, 1, 1, 1]]


# What holds for any


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("level", [0, 1, 2, 128, 254, 255])
def test_a_flat_image_matches_opencv(device: str, level: int, method: str) -> None:
    image = np.full((40, 60), level, np.uint8)
    _, expected = cv2.threshold(image, 0, 255, METHODS[method])
    assert_close(auto_threshold(image, device, method=method), expected)


def test_where_opencv_says_minus_1_black_is_black(device: str) -> None:
    image = np.array([[0, 1, 1]], np.uint8)
    assert cv2.threshold(image, 0, 255, cv2.THRESH_TRIANGLE)[0] == -1
    assert auto_threshold(image, device, method="triangle").tolist() == [[0, 255, 255]]


def test_it_is_a_threshold_of_the_same_image(device: str, picture: Image) -> None:
    made = auto_threshold(picture, device)
    gray = imgcuda.apply(picture, "grayscale", device=device)
    level = int(gray[made == 0].max())
    assert level < gray[made == 255].min()
    assert_close(imgcuda.apply(picture, "threshold", level=level / 255, device=device), made)


def test_alpha_stays_and_is_not_counted(device: str, random_image: Make) -> None:
    for channels in (2, 4):
        image = random_image((33, 65, channels))
        made = auto_threshold(image, device)
        assert made.shape == (33, 65, 2)
        assert_close(made[..., 1], image[..., -1])
        colors = np.ascontiguousarray(image[..., :-1])
        assert_close(made[..., 0], auto_threshold(colors, device).reshape(33, 65))


def test_the_words_for_the_methods_are_the_filter(device: str, picture: Image) -> None:
    for method in METHODS:
        expected = auto_threshold(picture, device, method=method)
        assert_close(imgcuda.apply(picture, method, device=device), expected)


def test_several_devices_and_strips_make_the_same_bytes(
    device: str, random_image: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = random_image((900, 61, 3))
    pipeline = imgcuda.Pipeline([installed().create(name, {}) for name in ("blur", "auto-threshold", "edges")])
    whole = pipeline(image, device=device)
    assert_close(filter_image([devices.choose(device)] * 2, pipeline.filters, image)[..., 0], whole)
    monkeypatch.setenv("IMGCUDA_MEMORY_LIMIT", "200000")
    assert_close(filter_image([devices.choose(device)] * 2, pipeline.filters, image)[..., 0], whole)


@pytest.mark.parametrize("method", ["otsu", "triangle"])
def test_what_is_not_finite_does_not_count(method: str, device: str) -> None:
    finite = np.array([[0.1] * 9 + [0.8] * 5], np.float32)
    image = np.concatenate([finite, np.full((1, 40), np.nan), np.full((1, 40), np.inf)], axis=1, dtype=np.float32)
    make = installed().create("auto-threshold", {"method": method})
    made = make(image, device=device)
    assert_close(made[:, :14], make(finite, device=device))
    assert (made[:, 14:54] == 0).all() and (made[:, 54:] == 1).all()
    assert make(np.full((2, 2), np.nan, np.float32), device=device).tolist() == [[0, 0], [0, 0]]
