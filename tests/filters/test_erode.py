"""Erosion: by hand, and the same as SciPy's and OpenCV's, which choose a value and round nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from scipy import ndimage

import imgcuda
from imgcuda import ParameterError
from imgcuda.testing import assert_close
from imgcuda.testing.contract_checks import TYPES
from imgcuda_plugins.morphology.footprints import named
from support.installed import installed
from support.matrix import exhaustive
from support.morphology import ODD, SIZES, scipys, shape_of, tolerance
from support.references import BORDERS, matches

Image = npt.NDArray[Any]
Make = Callable[..., Image]

SHAPES = ["rectangle", "ellipse", "disk", "diamond", "cross"]


def erode(image: Image, device: str, **parameters: Any) -> Image:
    return np.asarray(imgcuda.apply(image, "erode", device=device, **parameters))


# By hand


def test_a_dark_point_becomes_the_shape(device: str) -> None:
    image = np.full((5, 5), 9, np.uint8)
    image[2, 2] = 4
    made = erode(image, device, shape="ellipse", radius=2) == 4
    assert made.astype(int).tolist() == [
        [0, 0, 1, 0, 0], [1, 1, 1, 1, 1], [1, 1, 1, 1, 1], [1, 1, 1, 1, 1], [0, 0, 1, 0, 0],
    ]  # fmt: skip


def test_a_row_of_numbers_by_hand(device: str) -> None:
    image = np.array([[5, 3, 8, 9, 7, 6]], np.uint8)
    assert erode(image, device).tolist() == [[3, 3, 3, 7, 6, 6]]
    assert erode(image, device, radius=9).tolist() == [[3, 3, 3, 3, 3, 3]]
    assert erode(image, device, border="constant").tolist() == [[0, 0, 0, 0, 0, 0]]
    assert erode(image, device, border="wrap").tolist() == [[3, 3, 3, 7, 6, 5]]


def test_a_footprint_lies_over_the_image_as_it_is_written(device: str) -> None:
    image = np.array([[5, 3, 8, 9, 7, 6]], np.uint8)
    assert erode(image, device, footprint=[[0, 0, 1]], border="nearest").tolist() == [[3, 8, 9, 7, 6, 6]]


def test_a_footprint_without_a_middle_or_without_pixels_is_refused() -> None:
    for footprint, words in (([[1, 1]], "got 1x2"), ([[0]], "zeros only"), (np.ones((1, 203)), "got 1x203")):
        with pytest.raises(ParameterError, match=words):
            installed().create("erode", {"footprint": footprint})


# Against SciPy and OpenCV

test_any_image_at_any_border_matches_scipy = matches("erode", scipys(ndimage.grey_erosion), tolerance, border=BORDERS)


@pytest.mark.parametrize("border", ["reflect", "constant", *map(exhaustive, ("mirror", "nearest", "wrap"))])
def test_any_way_matches_scipy(device: str, border: str, random_image: Make) -> None:
    image, expected = random_image((37, 530, 3)), scipys(ndimage.grey_erosion)
    image = image if border == "reflect" else image[..., 0].copy()
    for size in SIZES:
        assert_close(erode(image, device, border=border, **size), expected(image, border, **size))


@pytest.mark.parametrize("shape", SHAPES)
def test_each_shape_is_opencvs_or_skimages(shape: Any) -> None:
    for radius in range(1, 101):
        assert_close(named(shape, radius).astype(np.uint8), shape_of(shape, radius))


LARGE = [(100, "uint8"), (8, "uint8"), (31, "float32")]


@pytest.mark.parametrize(
    ("radius", "dtype"),
    [*LARGE, *(exhaustive(r, t) for r in (8, 15, 16, 31, 64, 100) for t in TYPES if (r, t) not in LARGE)],
)
def test_large_shapes_of_any_type_match_opencv(device: str, radius: int, dtype: str, random_image: Make) -> None:
    for size in ((17, 31), (290, 1100)):
        image = random_image(size, dtype)
        for shape in SHAPES if radius == 8 else SHAPES[:1]:
            assert_close(erode(image, device, radius=radius, shape=shape), cv2.erode(image, shape_of(shape, radius)))


@pytest.mark.parametrize(
    ("radius", "shape"), [(2, "ellipse"), *(exhaustive(r, s) for r in range(1, 8) for s in SHAPES)]
)
def test_small_shapes_match_opencv(device: str, radius: int, shape: str, random_image: Make) -> None:
    for size in ((17, 31), (90, 1100)):
        image = random_image(size)
        assert_close(erode(image, device, radius=radius, shape=shape), cv2.erode(image, shape_of(shape, radius)))


@pytest.mark.parametrize("border", ["reflect", *map(exhaustive, ("mirror", "nearest", "wrap", "constant"))])
def test_any_footprint_matches_scipy_at_any_border(device: str, border: str, random_image: Make) -> None:
    image = random_image((61, 230))
    for footprint in (ODD, ODD.T, np.ones((5, 9)), np.ones((1, 201)), np.ones((201, 1))):
        if border in ("reflect", "wrap") or footprint.size < 200:  # beyond an image's size, once is enough
            expected = ndimage.grey_erosion(image, footprint=footprint, mode=border)
            assert_close(erode(image, device, footprint=footprint, border=border), expected)


# What holds for any erosion


@pytest.mark.parametrize("border", ["reflect", *map(exhaustive, ("mirror", "nearest", "wrap", "constant"))])
def test_iterations_are_as_one_after_the_other(device: str, border: str, random_image: Make) -> None:
    image = random_image((61, 83))
    for size in ({"radius": 9}, {"radius": 8, "shape": "ellipse"}, {"footprint": ODD}):
        once = twice = image
        for _ in range(3):
            once = erode(once, device, border=border, **size)
        twice = erode(image, device, border=border, iterations=3, **size)
        assert_close(twice, once)
    assert_close(erode(image, device, radius=100, iterations=3, border="nearest"), np.full_like(image, image.min()))


def test_a_flat_image_stays(device: str) -> None:
    image = np.full((40, 30), 77, np.uint8)
    for radius in (1, 9):
        assert_close(erode(image, device, radius=radius), image)


def test_mirrored_in_is_mirrored_out(device: str, random_image: Make) -> None:
    image = random_image((61, 230))
    for size in SIZES:
        made = erode(np.ascontiguousarray(image[::-1, ::-1]), device, **size)
        assert_close(made[::-1, ::-1], erode(image, device, **size))


@pytest.mark.parametrize("value", [np.nan, -np.nan, np.inf])
def test_what_is_not_a_number_or_infinite_does_not_count_beside_numbers(
    device: str, value: float, random_image: Make
) -> None:
    image = random_image((40, 50), np.float32)
    image[20, 30] = 2.0
    for size in SIZES:
        before = erode(image, device, **size)
        spoiled = image.copy()
        spoiled[20, 30] = value
        assert_close(erode(spoiled, device, **size), before)
    assert np.isnan(erode(np.full((9, 9), np.nan, np.float32), device, radius=9)).all()


@pytest.mark.parametrize("size", SIZES)
def test_a_strip_is_eroded_as_in_the_whole(device: str, size: dict[str, Any], random_image: Make) -> None:
    eroder = installed().create("erode", size)
    image = random_image((331, 65))
    whole, halo, step = eroder(image, device=device), eroder.halo or 0, eroder.row_step
    for first, last in ((0, 60), (200, 231), (280, 331)):
        top = max(first - halo, 0) // step * step
        strip = eroder(image[top : min(last + halo, len(image))], device=device)
        assert strip[first - top : last - top].tobytes() == whole[first:last].tobytes()


# Alpha


def test_what_is_transparent_shrinks_what_is_opaque(device: str) -> None:
    image = np.zeros((1, 5, 4), np.uint8)
    image[0, :3] = (200, 100, 40, 255)
    image[0, 3:] = (255, 255, 255, 0)
    assert erode(image, device).tolist() == [[[200, 100, 40, 255]] * 2 + [[0] * 4] * 3]
