"""The lens blur: by hand, against SciPy in float64, and its shapes by their areas."""

from __future__ import annotations

from collections.abc import Callable
from math import pi, sin
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy import ndimage

import imgcuda
from imgcuda.testing import assert_close
from imgcuda_plugins.blur.lens_blur import LensBlur
from support.matrix import exhaustive
from support.references import BORDERS, by_channels, matches

Image = npt.NDArray[Any]
Make = Callable[..., Image]

SQUARE = {"shape": "polygon", "blades": 4, "angle": 45.0}


def lens_blur(image: Image, device: str, **parameters: Any) -> Image:
    return np.asarray(imgcuda.apply(image, "lens-blur", device=device, **parameters))


def exact(image: Image, border: str = "reflect", **parameters: Any) -> Image:
    """Return SciPy's correlation with the filter's kernel."""
    kernel = LensBlur(**parameters).kernel
    return by_channels(image, lambda plane: np.asarray(ndimage.correlate(plane, kernel, mode=border)))


# By hand


def test_a_point_becomes_the_shape_of_the_aperture(device: str) -> None:
    # Corners 2.5 sqrt(2) away along the diagonals: the square of 5 x 5 pixels.
    image = np.zeros((9, 9), np.uint8)
    image[4, 4] = 250
    expected = np.zeros((9, 9), np.uint8)
    expected[2:7, 2:7] = 10
    assert_close(lens_blur(image, device, radius=2.5 * 2**0.5, **SQUARE), expected)


def test_a_triangle_points_where_it_is_turned_to() -> None:
    kernel = LensBlur(radius=4, shape="polygon", blades=3, angle=90).kernel
    assert kernel[0].nonzero()[0].tolist() == [4]
    assert (kernel[5] > 0).sum() >= 6
    assert kernel[7:].sum() == 0


@pytest.mark.parametrize("radius", [0.5, 1.5, 5, 12.3])
def test_a_disk_has_the_area_of_a_circle(radius: float) -> None:
    # A pixel that is covered whole has one part of the area.
    kernel = LensBlur(radius=radius).kernel
    if radius >= 1.5:
        assert abs(1 / kernel.max() / (pi * radius**2) - 1) < 0.01
    assert abs(kernel.sum() - 1) < 1e-12
    for turned in (kernel.T, kernel[::-1], kernel[:, ::-1]):
        assert_close(turned, kernel)


def test_a_polygon_has_its_area() -> None:
    for blades in (3, 5, 6, 8, 16):
        area = blades / 2 * 10**2 * sin(2 * pi / blades)
        assert abs(1 / LensBlur(radius=10, shape="polygon", blades=blades).kernel.max() / area - 1) < 0.01


# Against SciPy


test_any_image_matches_scipy = matches(
    "lens-blur",
    exact,
    {"uint8": 1, "uint16": 1, "float32": 2e-6},
    settings=[{"radius": 3.3}, {"radius": 2.0, "shape": "polygon", "blades": 5}],
    border=["reflect", "constant"],
)


@pytest.mark.parametrize("border", list(map(exhaustive, BORDERS)))
def test_any_border_matches_scipy(device: str, border: str, random_image: Make) -> None:
    image = random_image((140, 170, 3))
    for radius in (1.0, 20.0):
        assert_close(lens_blur(image, device, radius=radius, border=border), exact(image, border, radius=radius), 1)


# What holds for any


def test_a_flat_image_stays_flat(device: str) -> None:
    image = np.full((40, 150), 199, np.uint8)
    assert_close(lens_blur(image, device), image)


def test_transparent_pixels_give_no_color(device: str) -> None:
    image = np.array([[[200, 0, 0, 255]] * 4 + [[0, 255, 0, 0]] * 4], np.uint8)
    made = lens_blur(image, device, radius=2)
    assert made[..., 1].max() == 0
    assert set(made[made[..., 3] > 0][:, 0].tolist()) == {200}
