"""What the tests of morphology share: SciPy's and OpenCV's references, and tests of what holds for several filters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest
import skimage.morphology

import imgcuda
from imgcuda.testing import assert_close
from support.references import by_channels, has_alpha

Image = npt.NDArray[Any]
Operation = Callable[..., Image]
Make = Callable[..., Image]

TOLERANCE = {"uint8": 0, "uint16": 0, "float32": 1e-7}
OF_ALPHA = {"uint8": 1, "uint16": 1, "float32": 1e-6}
"""Levels, or for floats, which are random from 0 to 1, that much; with alpha, a color is a quotient."""

ODD = np.array([[0, 1, 1, 0, 1], [1, 0, 0, 0, 0], [0, 0, 1, 1, 0]])
"""A footprint without any symmetry, with rows of two runs and a pixel that does not count in the middle of one."""

SIZES: list[dict[str, Any]] = [{}, {"radius": 8, "shape": "ellipse"}, {"radius": 9}]
"""Parameters that take each way: few pixels, many in a shape, and a rectangle as rows and columns."""


def tolerance(image: Image) -> float:
    return (OF_ALPHA if has_alpha(image) else TOLERANCE)[image.dtype.name]


def tolerance_of_differences(image: Image) -> float:
    """Return the tolerance where differences of up to 1 are divided by the alpha of a pixel, which may be small."""
    allowed = tolerance(image)
    return allowed / float(image[..., -1].min()) if has_alpha(image) and image.dtype.kind == "f" else allowed


def shape_of(shape: str = "rectangle", radius: int = 1) -> Image:
    """Return a shape as OpenCV, or scikit-image, has it."""
    if shape in ("disk", "diamond"):
        return np.asarray(getattr(skimage.morphology, shape)(radius))
    kinds = {"rectangle": cv2.MORPH_RECT, "ellipse": cv2.MORPH_ELLIPSE, "cross": cv2.MORPH_CROSS}
    return np.asarray(cv2.getStructuringElement(kinds[shape], (2 * radius + 1,) * 2))


def scipys(operation: Operation, keep_alpha: bool = False) -> Callable[..., Image]:
    """Return the reference of a filter: SciPy's operation on each channel."""

    def expected(image: Image, border: str = "reflect", **size: Any) -> Image:
        footprint = shape_of(**size)
        return by_channels(image, lambda plane: operation(plane, footprint=footprint, mode=border), keep_alpha)

    return expected


def iterations_match_opencv(name: str, operation: int) -> Callable[..., None]:
    """Return a test that holds a filter, done once and three times, against an operation of OpenCV's morphologyEx."""

    def test(device: str, size: dict[str, Any], random_image: Make) -> None:
        image = random_image((61, 230))
        for iterations in (1, 3):
            made = imgcuda.apply(image, name, device=device, iterations=iterations, **size)
            assert_close(made, cv2.morphologyEx(image, operation, shape_of(**size), iterations=iterations))

    marked: Callable[..., None] = pytest.mark.parametrize("size", SIZES)(test)
    return marked


def a_second_time_changes_nothing(name: str, in_order: Callable[[Image, Image], Any]) -> Callable[..., None]:
    """Return a test of an opening or a closing: result and image are in order, and the result does not change again."""

    def test(device: str, size: dict[str, Any], random_image: Make) -> None:
        image = random_image((61, 230))
        once = np.asarray(imgcuda.apply(image, name, device=device, **size))
        assert in_order(once, image).all()
        assert_close(imgcuda.apply(once, name, device=device, **size), once)

    marked: Callable[..., None] = pytest.mark.parametrize("size", SIZES)(test)
    return marked


def an_odd_footprint_moves_nothing(name: str, operation: Operation) -> Callable[..., None]:
    """Return a test of an opening or a closing by a footprint without symmetry: it is SciPy's, and once is enough."""

    def test(device: str, random_image: Make) -> None:
        image = random_image((61, 230))
        once = np.asarray(imgcuda.apply(image, name, device=device, footprint=ODD))
        assert_close(once, operation(image, footprint=ODD))
        twice = np.asarray(imgcuda.apply(once, name, device=device, footprint=ODD))
        assert_close(twice[10:-10, 10:-10], once[10:-10, 10:-10])

    return test


def a_flat_image_becomes_black(name: str) -> Callable[..., None]:
    """Return a test of a filter that shows differences: where there are none, its result is black."""

    def test(device: str) -> None:
        flat = np.full((40, 30), 77, np.uint8)
        assert_close(imgcuda.apply(flat, name, device=device), np.zeros((40, 30)))

    return test


def alpha_stays(name: str) -> Callable[..., None]:
    """Return a test of a filter that shows differences of colors: alpha is the image's own."""

    def test(device: str, random_image: Make) -> None:
        image = random_image((33, 65, 4))
        assert_close(np.asarray(imgcuda.apply(image, name, device=device))[..., 3], image[..., 3])

    return test


def a_slope_does_not_count(name: str, height: int) -> Callable[..., None]:
    """Return a test of a hat: of a slope with a pixel that is higher, or lower, it shows the pixel alone."""

    def test(device: str) -> None:
        image, expected = np.tile(np.arange(20, 120), (20, 1)), np.zeros((20, 100))
        image[10, 50] += height
        expected[10, 50] = abs(height)
        made = np.asarray(imgcuda.apply(image.astype(np.uint8), name, device=device))
        assert_close(made[:, 5:-5], expected[:, 5:-5])

    return test
