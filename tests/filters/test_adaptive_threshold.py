"""The adaptive threshold: by hand, in float64, against OpenCV and scikit-image, and by what holds for any.

OpenCV continues an image by its nearest pixels, scikit-image mirrors it; at these borders both agree with every pixel.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from scipy import ndimage
from skimage import filters

import imgcuda
from imgcuda import white_level
from imgcuda.testing import assert_close
from support.matrix import exhaustive
from support.references import BORDERS, has_alpha, matches

Image = npt.NDArray[Any]
Make = Callable[..., Image]

METHODS = ["mean", "gaussian", "niblack", "sauvola"]


def adaptive(image: Image, device: str, **parameters: Any) -> Image:
    return np.asarray(imgcuda.apply(image, "adaptive-threshold", device=device, **parameters))


def exact(image: Image, method: str = "mean", border: str = "reflect", radius: int = 7, offset: float = 0) -> Image:
    """Return the result by its definition, in float64, with the image's alpha."""
    top = white_level(image.dtype)
    gray = image if image.ndim == 2 or image.shape[2] < 3 else imgcuda.apply(image, "grayscale", device="cpu")
    values = gray.astype(np.float64).reshape(*image.shape[:2], -1)
    here = values[..., 0]
    level = level_of(here, method, border, radius, top)
    if method in ("mean", "gaussian") and image.dtype.kind != "f":
        level = np.rint(level)
    above = here > level - offset * top + (1e-6 if image.dtype.kind == "f" else 0)
    made = np.dstack([above * top, values[..., -1]]) if has_alpha(image) else above * top
    return made.reshape(image.shape) if image.shape[2:] == (1,) else made


def level_of(here: Image, method: str, border: str, radius: int, top: float) -> Image:
    def mean(values: Image) -> Image:
        return np.asarray(ndimage.uniform_filter(values, 2 * radius + 1, mode=border))

    if method == "gaussian":
        weights = cv2.getGaussianKernel(2 * radius + 1, 0, cv2.CV_64F).ravel()
        rows = ndimage.correlate1d(here, weights, axis=0, mode=border)
        return np.asarray(ndimage.correlate1d(rows, weights, axis=1, mode=border))
    middle = mean(here)
    deviation = np.sqrt(np.maximum(mean(here**2) - middle**2, 0))
    if method == "niblack":
        return np.asarray(middle - 0.2 * deviation)
    return np.asarray(middle * (1 + 0.2 * (deviation / (0.5 * top) - 1))) if method == "sauvola" else middle


# By hand


def test_what_is_brighter_than_its_mean_is_white(device: str) -> None:
    # the means of three are 10, 20, 40, 50 and 50
    image = np.array([[10, 10, 40, 70, 40]] * 3, np.uint8)
    assert adaptive(image, device, radius=1)[1].tolist() == [0, 0, 0, 255, 0]
    # 10 levels below 20 is 10, and 10 below 50 is 40: which 10 and 40 are not above
    assert adaptive(image, device, radius=1, offset=10 / 255)[1].tolist() == [255, 0, 255, 255, 0]
    assert adaptive(image, device, radius=1, offset=11 / 255)[1].tolist() == [255, 255, 255, 255, 255]


def test_deviations_lower_the_level(device: str) -> None:
    # Of 3x3 pixels eight are 20 and one is 200: the mean is 40, the deviation sqrt(3200) = 56.57.
    image = np.full((3, 3), 20, np.uint8)
    image[0, 2] = 200
    # Niblack's level is 40 - 0.3 * 56.57 = 23.03, or 40 - 0.36 * 56.57 = 19.64; Sauvola's is
    # 40 * (1 + k * (56.57 / 127.5 - 1)): 22.20, or 19.98
    for method, k, white in (("niblack", 0.3, 0), ("niblack", 0.36, 255), ("sauvola", 0.8, 0), ("sauvola", 0.9, 255)):
        assert adaptive(image, device, method=method, radius=1, k=k)[1, 1] == white


# Against references


test_any_image_is_as_defined = matches(
    "adaptive-threshold",
    exact,
    {"uint8": 0, "uint16": 0, "float32": 0},
    settings=[{"offset": 0.1}],
    method=METHODS,
    border=BORDERS,
)


@pytest.mark.parametrize("radius", [4, 5, *map(exhaustive, (1, 2, 3, 17, 100))])
def test_opencv_agrees(device: str, radius: int, random_image: Make) -> None:
    image = random_image((61, 130))
    for method, theirs in (("mean", cv2.ADAPTIVE_THRESH_MEAN_C), ("gaussian", cv2.ADAPTIVE_THRESH_GAUSSIAN_C)):
        for levels in (0, 7, -3):
            expected = cv2.adaptiveThreshold(image, 255, theirs, cv2.THRESH_BINARY, 2 * radius + 1, levels)
            made = adaptive(image, device, method=method, radius=radius, offset=levels / 255, border="nearest")
            assert_close(made, expected)


@pytest.mark.parametrize("dtype", ["uint8", exhaustive("uint16"), exhaustive("float32")])
@pytest.mark.parametrize("method", ["niblack", "sauvola"])
def test_scikit_image_agrees(device: str, method: str, dtype: str, random_image: Make) -> None:
    image = random_image((201, 230), dtype)
    white = 1 if dtype == "float32" else np.iinfo(dtype).max
    largest = {"r": white / 2} if method == "sauvola" else {}
    for radius in (1, 12, 100):
        levels = getattr(filters, f"threshold_{method}")(image, 2 * radius + 1, **largest)
        made = adaptive(image, device, method=method, radius=radius, border="mirror")
        apart = np.abs(image - levels) > (1e-5 if dtype == "float32" else 0)
        assert ((made > 0) == (image > levels))[apart].all()


# What holds for any


@pytest.mark.parametrize("method", METHODS)
def test_a_flat_image_becomes_black(device: str, method: str) -> None:
    k = {"k": 0.0} if method == "sauvola" else {}
    image = np.full((40, 150), 199, np.uint8)
    assert not adaptive(image, device, method=method, **k).any()


@pytest.mark.parametrize("method", ["mean", exhaustive("gaussian"), exhaustive("niblack")])
def test_a_flat_image_of_floats_becomes_black(device: str, method: str) -> None:
    for level in (0.3, 0.7, 1.0):
        assert not adaptive(np.full((40, 50), level, np.float32), device, method=method).any()


def test_what_is_not_a_number_is_black(device: str) -> None:
    image = np.full((20, 20), 0.5, np.float32)
    image[10, 10] = np.nan
    assert adaptive(image, device, radius=2)[10, 10] == 0
