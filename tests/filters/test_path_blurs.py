"""The zoom blur and the radial blur: by hand, and in float64 by SciPy's interpolation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy import ndimage

import imgcuda
from imgcuda.testing import assert_close
from support.matrix import exhaustive
from support.references import BORDERS, by_channels, matches, padded

Image = npt.NDArray[Any]
Make = Callable[..., Image]

PAD = 60

SHAPES = [(1, 1), (1, 50), (50, 1), (2, 2), (17, 31), (40, 30, 1), (40, 30, 2), (37, 53, 3), (33, 65, 4)]
TOLERANCE = {"uint8": 1, "uint16": 2, "float32": 5e-5}
"""Levels, or of floats that much: places are rounded to a hundred-thousandth of a pixel."""


def blurred(name: str, image: Image, device: str, **parameters: Any) -> Image:
    return np.asarray(imgcuda.apply(image, name, device=device, **parameters))


def mean(plane: Image, extent: float, turns: bool, center: tuple[float, float], border: str) -> Image:
    """Return the mean along the path of each pixel, in float64."""
    around = padded(plane, PAD, border)
    rows, columns = np.indices(plane.shape)
    dx, dy = columns + 0.5 - center[0] * plane.shape[1], rows + 0.5 - center[1] * plane.shape[0]
    steps = np.maximum(np.ceil(np.hypot(dx, dy) * abs(extent) - 1e-3), 0)
    total = np.zeros(plane.shape)
    for k in range(int(steps.max()) + 1):
        part = np.divide(k, steps, out=np.full(plane.shape, 0.5 if turns else 0.0), where=steps > 0)
        if turns:
            angle = (part - 0.5) * extent
            across, down = (
                dx * np.cos(angle) - dy * np.sin(angle) - dx,
                dx * np.sin(angle) + dy * np.cos(angle) - dy,
            )
        else:
            across, down = -dx * part * extent, -dy * part * extent
        made = ndimage.map_coordinates(around, [rows + PAD + down, columns + PAD + across], order=1)
        total += np.where(k <= steps, made, 0)
    return np.asarray(total / (steps + 1))


def zoomed(
    image: Image, factor: float = 0.1, center_x: float = 0.5, center_y: float = 0.5, border: str = "reflect"
) -> Image:
    return by_channels(image, lambda plane: mean(plane, factor, False, (center_x, center_y), border))


def turned(
    image: Image, angle: float = 5, center_x: float = 0.5, center_y: float = 0.5, border: str = "reflect"
) -> Image:
    return by_channels(image, lambda plane: mean(plane, np.radians(angle), True, (center_x, center_y), border))


# By hand


def test_a_row_is_averaged_on_the_way_to_the_center(device: str) -> None:
    # The center is the middle of the first pixel. Half of the way to it is 2 pixels from the last: the mean of 60, 30
    # and 0; and 1 from the third: of 0 and 0.
    image = np.array([[90, 0, 0, 30, 60]], np.uint8)
    made = blurred("zoom-blur", image, device, factor=0.5, center_x=0.1, center_y=0.5)
    assert made[0, 4] == 30
    assert made[0, 2] == 0
    assert made[0, 0] == 90


def test_a_flat_ring_stays_as_it_is_when_it_turns(device: str) -> None:
    rows, columns = np.indices((81, 81)) - 40
    smooth = (128 + 100 * np.cos(np.hypot(rows, columns) / 6)).astype(np.float32) / 255
    made = blurred("radial-blur", smooth, device, angle=40.0)
    inside = np.hypot(rows, columns) < 38
    assert np.abs(made - smooth)[inside].max() < 0.01


def test_a_point_becomes_an_arc(device: str) -> None:
    image = np.zeros((41, 41), np.float32)
    image[20, 35] = 1
    made = blurred("radial-blur", image, device, angle=90.0, border="constant")
    rows, columns = np.nonzero(made > 0.005)
    assert abs(np.hypot(rows - 20, columns - 20) - 15).max() < 1.5
    assert 8 < rows.min() <= 10
    assert 30 <= rows.max() < 32


@pytest.mark.parametrize(("name", "zero"), [("zoom-blur", {"factor": 0.0}), ("radial-blur", {"angle": 0.0})])
def test_no_way_changes_nothing(device: str, name: str, zero: dict[str, float], random_image: Make) -> None:
    image = random_image((17, 31))
    assert_close(blurred(name, image, device, **zero), image)


# In float64


test_any_zoomed_image_is_as_defined = matches(
    "zoom-blur",
    zoomed,
    TOLERANCE,
    SHAPES,
    settings=[{"factor": 0.3}, {"factor": -0.4, "center_x": 0.2, "center_y": 0.9}],
    border=["reflect", "constant"],
)
test_any_turned_image_is_as_defined = matches(
    "radial-blur",
    turned,
    TOLERANCE,
    SHAPES,
    settings=[{"angle": 12.0}, {"angle": 50.0, "center_x": 0.4, "center_y": 0.6}],
    border=["reflect", "constant"],
)


@pytest.mark.parametrize("border", list(map(exhaustive, BORDERS)))
def test_any_border_is_as_defined(device: str, border: str, random_image: Make) -> None:
    image = random_image((40, 57, 3))
    assert_close(blurred("zoom-blur", image, device, factor=-0.7, border=border), zoomed(image, -0.7, border=border), 1)
    assert_close(blurred("radial-blur", image, device, angle=90.0, border=border), turned(image, 90, border=border), 1)
