"""Affine warps: against numbers done by hand, SciPy's affine_transform, sums by Keys' weights, OpenCV and scikit-image.

The sampling is that of all warps and of rotate: the methods and borders are tested here and there, for all of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest
import skimage.transform
from scipy import ndimage

import imgcuda
from imgcuda import ImageError, ParameterError
from imgcuda.execution.schedule import Schedule
from imgcuda.testing import assert_close, checked
from support.installed import installed
from support.matrix import exhaustive
from support.references import BORDERS, by_channels, matches
from support.warps import MODES, SHAPES, grid, in_strips_as_whole, warped

Image = npt.NDArray[Any]
Make = Callable[..., Image]

TOLERANCE = {"uint8": 1.0, "uint16": 1.0, "float32": 2e-6}
MATRIX = [[0.9, -0.3, 4.5], [0.2, 1.3, -7.25]]
TURNED = [[-0.5, 1.1, 3.0], [-0.8, -0.4, 20.0]]


def affine(image: Image, device: str, **parameters: Any) -> Image:
    return np.asarray(imgcuda.apply(image, "affine", device=device, **parameters))


def scipys(image: Image, matrix: list[list[float]], method: str = "bilinear", border: str = "constant") -> Image:
    """Return the image whose pixel (x, y) is that at the inverse of the matrix, by SciPy."""
    back = np.linalg.inv(np.vstack([matrix, [0, 0, 1]]))
    if method == "bilinear":
        rows_first = back[[1, 0]][:, [1, 0, 2]]
        mode = MODES.get(border, border)
        return by_channels(
            image,
            lambda plane: ndimage.affine_transform(plane, rows_first[:, :2], rows_first[:, 2], order=1, mode=mode),
        )

    def places(size: tuple[int, int]) -> tuple[Image, Image]:
        y, x = grid(*size)
        return back[1, 0] * x + back[1, 1] * y + back[1, 2], back[0, 0] * x + back[0, 1] * y + back[0, 2]

    return by_channels(image, warped(places, method, border))


test_any_image_matches_scipy = matches(
    "affine",
    scipys,
    TOLERANCE,
    shapes=SHAPES,
    settings=[{"matrix": MATRIX}],
)
test_any_border_matches_scipy = pytest.mark.exhaustive(
    matches("affine", scipys, TOLERANCE, SHAPES, settings=[{"matrix": MATRIX}, {"matrix": TURNED}], border=BORDERS)
)


def test_a_steep_warp_matches_scipy(device: str, random_image: Make) -> None:
    for shape in ((17, 31), (300, 117)):
        image = random_image(shape)
        assert_close(affine(image, device, matrix=TURNED), scipys(image, TURNED), 1)


@pytest.mark.parametrize("border", ["mirror", *map(exhaustive, BORDERS)])
@pytest.mark.parametrize("dtype", ["uint8", *map(exhaustive, ("uint16", "float32"))])
def test_bicubic_is_what_its_weights_say(device: str, dtype: str, border: str, random_image: Make) -> None:
    for shape in ((17, 31), (50, 64)):
        image = random_image(shape, dtype)
        expected = scipys(image, MATRIX, "bicubic", border)
        assert_close(affine(image, device, matrix=MATRIX, method="bicubic", border=border), expected, TOLERANCE[dtype])


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"x": 1.0}, [[0, 100, 200], [0, 40, 80]]),
        ({"x": 0.5}, [[50, 150, 150], [20, 60, 60]]),
        ({"y": -1.0}, [[40, 80, 40], [0, 0, 0]]),
        ({"matrix": [[1, 0, 0], [0, 1, 1]]}, [[0, 0, 0], [100, 200, 100]]),
        ({"matrix": [[1, 0, 0], [0, 1, 1]], "inverse": True}, [[40, 80, 40], [0, 0, 0]]),
        ({"matrix": [[2, 0, 0], [0, 1, 0]], "size": "5x1"}, [[100, 150, 200, 150, 100]]),
        ({"angle": 180.0}, [[40, 80, 40], [100, 200, 100]]),
        ({"angle": 90.0, "expand": True}, [[100, 40], [200, 80], [100, 40]]),
        ({"shear_x": 45.0, "expand": True}, [[50, 150, 150, 50, 0], [0, 20, 60, 60, 20]]),
    ],
    ids=str,
)
def test_an_image_by_hand(device: str, parameters: dict[str, Any], expected: list[list[int]]) -> None:
    image = np.array([[100, 200, 100], [40, 80, 40]], np.uint8)
    made = affine(image, device, **parameters)
    assert made.tolist() == expected


def test_words_are_those_of_scikit_image(device: str, random_image: Make) -> None:
    transform: Any = skimage.transform
    image = random_image((41, 61), np.float32)
    middle = transform.AffineTransform(translation=(-30, -20))
    own = transform.AffineTransform(np.array([[1, np.tan(0.2), 0], [np.tan(0.1), 1, 0], [0, 0, 1]]))
    turn = transform.AffineTransform(scale=(1.4, 1.4), rotation=-np.radians(25))
    forth = middle + own + turn + transform.AffineTransform(translation=(33, 15))
    expected = transform.warp(image.astype(np.float64), forth.inverse, order=1)
    words = {"scale": 1.4, "angle": 25.0, "shear_x": float(np.degrees(0.2)), "shear_y": float(np.degrees(0.1))}
    assert_close(affine(image, device, **words, x=3.0, y=-5.0), expected, 1e-5)


def test_turning_is_what_rotate_does(device: str, random_image: Make) -> None:
    image = random_image((41, 61))
    assert_close(affine(image, device, angle=30.0), imgcuda.apply(image, "rotate", angle=30.0, expand=False), 1)
    assert affine(image, device, angle=30.0, expand=True).shape == imgcuda.apply(image, "rotate", angle=30.0).shape


def test_opencv_agrees(device: str, random_image: Make) -> None:
    image = random_image((61, 90), np.float32)
    theirs = cv2.warpAffine(image, np.array(MATRIX), (70, 80))
    assert_close(affine(image, device, matrix=MATRIX, size="70x80"), theirs, 2e-4)


def test_places_are_exact_in_large_images(device: str, random_image: Make) -> None:
    image = random_image((3, 60_000), np.float32)
    made = affine(image, device, matrix=[[1, 0, 0.25], [0, 1, 0]])
    expected = 0.75 * image.astype(np.float64)
    expected[:, 1:] += 0.25 * image[:, :-1]
    assert_close(made, expected, 1e-6)


test_strips_give_what_the_whole_gives = in_strips_as_whole(
    "affine",
    [{"matrix": MATRIX}, *map(exhaustive, ({"angle": 3.0, "border": "nearest"}, {"scale": 2.0, "method": "bicubic"}))],
    most=500,
)


@pytest.mark.parametrize("parameters", [{"angle": 60.0}, {"matrix": MATRIX, "border": "mirror"}], ids=str)
def test_what_needs_most_rows_for_any_runs_as_a_whole(parameters: dict[str, Any]) -> None:
    assert Schedule([installed().create("affine", parameters)], 1500, 70).whole


@pytest.mark.exhaustive
@pytest.mark.parametrize("method", ["nearest", "bilinear", "bicubic"])
def test_the_kernel_does_nothing_that_it_may_not(method: str, random_image: Make) -> None:
    for border in BORDERS:
        for shape in ((9, 12, 3), (23, 70, 3)):
            image = random_image(shape)
            expected = affine(image, "cpu", matrix=TURNED, method=method, border=border)
            with checked():
                assert_close(affine(image, "cpu", matrix=TURNED, method=method, border=border), expected)


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"matrix": MATRIX, "scale": 2.0}, "affine takes a matrix, or words as scale and angle, but not both"),
        ({"expand": True, "size": "9x9"}, "affine takes a size, or expand, but not both"),
        ({"shear_x": 45.0, "shear_y": 45.0}, "affine must not shear an image to a line; make shear_x or shear_y"),
        ({"matrix": [[1, 0], [0, 1]]}, r"matrix of affine must have 2 rows of 3 numbers; got \[\[1,0\],\[0,1\]\]"),
        ({"matrix": [[1, 2, 0], [2, 4, 0]]}, r"matrix of affine must have an inverse; got \[\[1,2,0\],\[2,4,0\]\]"),
    ],
    ids=str,
)
def test_what_makes_no_warp_is_refused(parameters: dict[str, Any], said: str) -> None:
    with pytest.raises(ParameterError, match=f"^{said}"):
        installed().create("affine", parameters)


def test_a_result_that_is_too_large_is_one_sentence(random_image: Make) -> None:
    with pytest.raises(ImageError, match="affine would make 310000x310000 pixels; up to 100,000 to a side fit"):
        affine(random_image((310, 310)), "cpu", scale=1000.0, expand=True)
