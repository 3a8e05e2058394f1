"""The automatic contrast: against numbers done by hand, in float64 for any range, and against Pillow.

Pillow sets as many samples aside, but rounds down: a level of ours is its own or the next.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt
import PIL.Image
import PIL.ImageOps
import pytest

import imgcuda
from imgcuda import devices, white_level
from imgcuda.execution.streaming import filter_image
from imgcuda.testing import assert_close, checked
from support.installed import installed
from support.matrix import every_third, exhaustive, matrix

Image = npt.NDArray[Any]
Make = Callable[..., Image]

SHAPES = [(1, 1), (1, 50), (50, 1), (2, 2), (17, 31), (40, 30, 1), (37, 53, 3), (5, 700, 3), (300, 517, 3)]
"""From one pixel, by sizes that are a multiple of nothing, to several blocks, of 49152 pixels each."""

TOLERANCE = {"uint8": 0.5001, "uint16": 0.51, "float32": 1e-6}
"""Half a level, as what is rounded to the nearest may be off, and what single precision adds; floats go from 0 to 1."""

CUTOFFS = [0, 0.4, 3, 25, 50]


def auto_contrast(image: Image, device: str, **parameters: Any) -> Image:
    return np.asarray(imgcuda.apply(image, "auto-contrast", device=device, **parameters))


def exact(image: Image, cutoff: float = 0, per_channel: bool = True) -> Image:
    """Return the result in float64, not rounded; whole numbers are clipped."""
    top = white_level(image.dtype)
    planes = np.moveaxis(np.atleast_3d(image), -1, 0)
    made = [
        _stretched(plane.astype(np.float64), np.sort(plane if per_channel else planes, axis=None), cutoff, top)
        for plane in planes
    ]
    stacked = np.stack(made, axis=-1).reshape(image.shape)
    return stacked if image.dtype.kind == "f" else np.clip(stacked, 0, top)


def _stretched(plane: Image, samples: Image, cutoff: float, top: float) -> Image:
    aside = int(len(samples) * cutoff // 100)
    inner = samples[aside : len(samples) - aside].astype(np.float64)
    if len(inner) == 0 or inner[0] == inner[-1]:
        return plane
    return np.asarray((plane - inner[0]) / (inner[-1] - inner[0]) * top)


@pytest.mark.parametrize("place", [(0, 0), (9, 77), (299, 516)])
@pytest.mark.parametrize("dtype", ["uint8", exhaustive("uint16")])
def test_one_dark_and_one_bright_sample_are_found_anywhere(device: str, dtype: str, place: tuple[int, int]) -> None:
    image = np.full((300, 517, 3), 100, dtype)
    image[*place, 1], image[150, 200, 1], image[*place, 2] = 50, 150, 200
    made, white = auto_contrast(image, device), np.iinfo(dtype).max
    assert (made[:, :, 0] == 100).all()
    assert abs(int(made[1, 1, 1]) - white / 2) <= 1
    assert (made[1, 1, 2], made[*place, 2]) == (0, white)


def narrow(make: Make, shape: tuple[int, ...], dtype: str) -> Image:
    """Return noise in a part of the range; floats are around -40."""
    image = make(shape, dtype)
    return np.asarray(image * 3 - 41 if dtype == "float32" else image // 3 + image.dtype.type(50))


# By hand


def test_the_darkest_becomes_black_and_the_brightest_white(device: str) -> None:
    image = np.array([[10, 20, 40]], np.uint8)
    assert auto_contrast(image, device).tolist() == [[0, 85, 255]]
    assert auto_contrast(image.astype(np.uint16) * 1000, device).tolist() == [[0, 21845, 65535]]
    assert auto_contrast(image.astype(np.float32) - 30, device)[0].tolist() == pytest.approx([0, 1 / 3, 1])


def test_some_percent_are_set_aside(device: str) -> None:
    # 12 % of 10 samples is one of them, rounded down: 50 becomes black, and 100 white.
    image = np.array([[0, 50, 60, 60, 60, 70, 70, 70, 100, 255]], np.uint8)
    wanted = [0, 0, 51, 51, 51, 102, 102, 102, 255, 255]
    assert auto_contrast(image, device, cutoff=12).tolist() == [wanted]
    made = auto_contrast(image.astype(np.float32), device, cutoff=12)
    assert made[0].tolist() == pytest.approx([-1, 0, 0.2, 0.2, 0.2, 0.4, 0.4, 0.4, 1, 4.1])  # floats are not clipped


def test_colors_by_themselves_or_all_in_the_same_way(device: str) -> None:
    image = np.array([[[0, 100, 20], [51, 151, 20]]], np.uint8)
    assert auto_contrast(image, device).tolist() == [[[0, 0, 20], [255, 255, 20]]]
    assert auto_contrast(image // 151 * 151, device, per_channel=False).tolist() == [[[0, 0, 0], [0, 255, 0]]]
    image = np.array([[[10, 30, 20], [60, 95, 20]]], np.uint8)
    assert auto_contrast(image, device, per_channel=False).tolist() == [[[0, 60, 30], [150, 255, 30]]]


# In float64, and against Pillow


@matrix(shape=SHAPES, dtype=list(TOLERANCE))
def test_any_shape_and_type_matches_float64(
    device: str, shape: tuple[int, ...], dtype: str, random_image: Make
) -> None:
    for image in (random_image(shape, dtype), narrow(random_image, shape, dtype)):
        result = auto_contrast(image, device)
        assert result.dtype == dtype
        assert_close(result, exact(image), TOLERANCE[dtype])


@pytest.mark.parametrize(("dtype", "cutoff"), every_third(product(TOLERANCE, CUTOFFS)))
def test_any_cutoff_matches_float64(device: str, dtype: str, cutoff: float, random_image: Make) -> None:
    for image in (narrow(random_image, (37, 53, 3), dtype), narrow(random_image, (300, 517), dtype)):
        for per_channel in (True, False):
            made = auto_contrast(image, device, cutoff=cutoff, per_channel=per_channel)
            expected = exact(image, cutoff, per_channel)
            assert_close(made, expected, TOLERANCE[dtype] * max(1, np.abs(expected).max() if dtype == "float32" else 1))


@pytest.mark.parametrize("cutoff", [0, 1, 7.5, 30])
def test_pillow_rounds_down(device: str, cutoff: float, picture: Image) -> None:
    for image in (picture, picture // 2 + 40, picture[::3, ::3] // 5):
        image = np.ascontiguousarray(image)
        theirs = np.asarray(PIL.ImageOps.autocontrast(PIL.Image.fromarray(image), cutoff=cutoff)).astype(int)
        ahead = auto_contrast(image, device, cutoff=cutoff) - theirs
        assert (ahead.min(), ahead.max()) in ((0, 0), (0, 1))


@pytest.mark.parametrize(
    "ends",
    [(-1e38, 1e38), (1e-37, 3e-37), (-2.0, -1.0), (-1e-6, 1e6), (1.0, 1.0000002), (0.0, 0.25)],
    ids=str,
)
def test_the_ends_of_floats_are_found_to_the_last_bit(device: str, ends: tuple[float, float]) -> None:
    low, high = np.float32(ends[0]), np.float32(ends[1])
    image = (np.linspace(0, 1, 35 * 41) * (float(high) - float(low)) + float(low)).astype(np.float32).reshape(35, 41)
    made = auto_contrast(np.roll(image, 700), device)
    assert made.min() == 0
    assert made.max() == pytest.approx(1, rel=1e-6)


@pytest.mark.parametrize(("low", "high"), [(0, 1), (63, 64), (64, 127), (1023, 1024), (65471, 65472), (40000, 40063)])
def test_the_ends_of_16_bits_are_found_wherever_they_are(device: str, low: int, high: int) -> None:
    image = np.random.default_rng(0).integers(low, high, (61, 50), np.uint16, endpoint=True)
    assert_close(auto_contrast(image, device), exact(image), TOLERANCE["uint16"])


# What holds for any


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("level", [0, 1, 77])
def test_a_flat_image_stays_as_it_is(device: str, level: int, dtype: str) -> None:
    image = np.full((40, 150, 3), level, dtype)
    assert_close(auto_contrast(image, device), image)


def test_a_result_stays_as_it_is(device: str, random_image: Make) -> None:
    for dtype in TOLERANCE:
        made = auto_contrast(narrow(random_image, (61, 230, 3), dtype), device)
        assert_close(auto_contrast(made, device), made, 2e-7 if dtype == "float32" else 0)


def test_where_the_pixels_are_does_not_matter(device: str, random_image: Make) -> None:
    image = narrow(random_image, (61, 230), "uint8")
    order = np.random.default_rng(1).permutation(image.size)
    shuffled = image.ravel()[order].reshape(230, 61)
    assert_close(auto_contrast(shuffled, device).ravel(), auto_contrast(image, device).ravel()[order])


def test_what_is_not_a_number_is_left_out(device: str) -> None:
    image = np.array([[-4, np.nan, 0, 4, -np.nan]], np.float32)
    assert_close(auto_contrast(image, device), [[0, np.nan, 0.5, 1, np.nan]])


def test_not_even_what_begins_as_infinity_does(device: str) -> None:
    image = np.array([[np.inf, 0, 4, 0, -np.inf]], np.float32)
    image.view(np.uint32)[0, 3] = 0x7F800001
    wanted = [np.inf, 0, 1, np.nan, -np.inf]
    assert_close(auto_contrast(image, device)[0], wanted)
    with checked():
        assert_close(auto_contrast(image, "cpu")[0], wanted)


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        ([0, 1e-39], [0, 1]),
        ([1e-45, 0, 3e-45], [0.5, 0, 1]),
        ([-3e38, 0, 3e38], [0, 0.5, 1]),
        ([1e38, 2e38, 3e38], [0, 0.5, 1]),
        ([np.nan, np.nan], [np.nan, np.nan]),
        ([np.inf], [np.inf]),
        ([-np.inf, 7, np.nan], [-np.inf, 7, np.nan]),
    ],
    ids=str,
)
def test_floats_of_any_range_are_stretched(values: list[float], wanted: list[float], device: str) -> None:
    assert_close(auto_contrast(np.array([values], np.float32), device)[0], wanted, 1e-6)


@pytest.mark.parametrize(
    ("channels", "dtype"),
    [
        (4, "uint8"),
        (2, "uint16"),
        exhaustive(2, "uint8"),
        exhaustive(4, "uint16"),
        exhaustive(2, "float32"),
        exhaustive(4, "float32"),
    ],
)
def test_alpha_is_left_alone_and_not_counted(device: str, channels: int, dtype: str, random_image: Make) -> None:
    image = narrow(random_image, (33, 65, channels), dtype)
    image[..., -1] = np.linspace(0, 1, 65) * image.max() + 3
    made = auto_contrast(image, device)
    assert_close(made[..., -1], image[..., -1])
    assert_close(made[..., :-1], auto_contrast(np.ascontiguousarray(image[..., :-1]), device))


@pytest.mark.parametrize("dtype", every_third(TOLERANCE))
def test_several_devices_and_strips_make_the_same_bytes(
    device: str, dtype: str, random_image: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = narrow(random_image, (900, 61, 3), dtype)
    pipeline = imgcuda.Pipeline([installed().create(name, {}) for name in ("blur", "auto-contrast", "edges")])
    whole = pipeline(image, device=device)
    assert_close(filter_image([devices.choose(device)] * 2, pipeline.filters, image), whole)
    monkeypatch.setenv("IMGCUDA_MEMORY_LIMIT", str(image.nbytes * (1 if dtype == "float32" else 2)))
    assert_close(filter_image([devices.choose(device)] * 2, pipeline.filters, image), whole)
