"""The direction of the gradient: by hand, and against SciPy in float64."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from scipy import ndimage

import imgcuda
from imgcuda import white_level
from imgcuda.testing import assert_close
from imgcuda.testing.contract_checks import random_image
from support.matrix import exhaustive, matrix
from support.references import BORDERS, has_alpha, seldom_transparent

Image = npt.NDArray[Any]

SMOOTHING = {"sobel": [1, 2, 1], "scharr": [3, 10, 3], "prewitt": [1, 1, 1]}


def direction(image: Image, device: str, **parameters: Any) -> Image:
    return np.asarray(imgcuda.apply(image, "gradient-direction", device=device, **parameters))


def exact(image: Image, border: str = "reflect", operator: str = "sobel") -> Image:
    """Return the part of a turn, in float64; as levels where the image has those."""
    top = white_level(image.dtype)
    values = image.astype(np.float64).reshape(*image.shape[:2], -1)
    made = values.copy()
    if has_alpha(image):
        values[..., :-1] *= values[..., -1:]
    slopes = np.outer(SMOOTHING[operator], [-1, 0, 1]), np.outer([-1, 0, 1], SMOOTHING[operator])
    for channel in range(values.shape[2] - has_alpha(image)):
        gx, gy = (ndimage.correlate(values[..., channel], kernel, mode=border) for kernel in slopes)
        made[..., channel] = np.arctan2(gy, gx) / (2 * np.pi) % 1 * top
    return made.reshape(image.shape)


def assert_turned(made: Image, expected: Image, tolerance: float) -> None:
    """A whole turn is none."""
    top = white_level(made.dtype)
    apart = np.abs(made.astype(np.float64) - expected)
    assert np.minimum(apart, top - apart).max() <= tolerance


@pytest.mark.parametrize("operator", ["sobel", "scharr", exhaustive("prewitt")])
def test_a_slope_has_its_angle_everywhere(device: str, operator: str) -> None:
    rows, columns = np.mgrid[:6, :7]
    for down, right, level in ((0, 3, 0), (3, 3, 32), (3, 0, 64), (0, -3, 128), (-3, -3, 159), (-3, 0, 191)):
        image = (100 + right * columns + down * rows).astype(np.uint8)
        assert (direction(image, device, operator=operator)[1:-1, 1:-1] == level).all()  # 255 / 8 is 31.9


def test_a_flat_image_has_none(device: str) -> None:
    assert not direction(np.full((9, 9), 77, np.uint8), device).any()


@matrix(
    shape=[(17, 31), (1, 50), (37, 53, 3), (40, 30, 2), (33, 65, 4)],
    dtype=["uint8", "uint16", "float32"],
    border=BORDERS,
)
def test_any_image_at_any_border_matches_scipy(device: str, shape: tuple[int, ...], dtype: str, border: str) -> None:
    image = seldom_transparent(shape, dtype)
    tolerance = {"uint8": 0.55, "uint16": 1.0, "float32": 1e-5}[dtype]
    assert_turned(direction(image, device, border=border), exact(image, border), tolerance)


def test_opencv_agrees(device: str) -> None:
    image = random_image((61, 230))
    gx, gy = (cv2.Sobel(image, cv2.CV_64F, x, 1 - x, borderType=cv2.BORDER_REFLECT) for x in (1, 0))
    expected = cv2.phase(gx, gy, angleInDegrees=True) / 360 * 255
    assert_turned(direction(image, device), expected, 0.6)  # OpenCV's angles are 0.3 degrees off


def test_alpha_is_kept(device: str) -> None:
    image = random_image((33, 65, 4))
    assert_close(direction(image, device)[..., 3], image[..., 3])
