"""Colormap: by hand, against OpenCV's maps of the same names, and Moreland's numbers."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest

import imgcuda
from imgcuda.testing import assert_close
from imgcuda_plugins.color.colormap_tables import table
from support.luminance import luminance
from support.references import by_colors, matches

Image = npt.NDArray[Any]

OPENCV = {
    "viridis": 0.5, "magma": 0.5, "inferno": 0.5, "plasma": 0.5, "turbo": 0.5, "jet": 0.51, "bone": 1, "cool": 0.51,
    "spring": 0.51, "summer": 0.51, "autumn": 0.51, "winter": 0.51, "hsv": 5.1, "pink": 10, "hot": 48.1,
}  # fmt: skip
"""How many levels OpenCV's are off, which has fewer colors of some."""


def colormap(image: Image, device: str, **parameters: Any) -> Image:
    return np.asarray(imgcuda.apply(image, "colormap", device=device, **parameters))


def exact(image: Image) -> Image:
    """Return the result in float64, of the luminance rounded as grayscale does."""
    top = 0 if image.dtype.kind == "f" else np.iinfo(image.dtype).max

    def looked_up(colors: Image) -> Image:
        light = luminance(colors)[..., 0]
        level = np.rint(light * top) / top if top else light
        return np.stack([np.interp(level * 255, np.arange(256), channel) for channel in table("viridis").T], axis=-1)

    return by_colors(image, looked_up)


def test_levels_are_looked_up(device: str) -> None:
    image = np.array([[0, 128, 255]], np.uint8)
    assert colormap(image, device).tolist() == [[[68, 1, 84], [33, 145, 140], [253, 231, 37]]]
    assert colormap(image, device, map="jet").tolist() == [[[0, 0, 128], [130, 255, 126], [128, 0, 0]]]
    assert colormap(image, device, map="hot", reverse=True).tolist() == [[[255, 255, 255], [255, 84, 0], [0, 0, 0]]]


@pytest.mark.parametrize("name", OPENCV)
def test_a_map_matches_opencv(name: str) -> None:
    levels = np.arange(256, dtype=np.uint8).reshape(1, 256)
    theirs = cv2.applyColorMap(levels, getattr(cv2, f"COLORMAP_{name.upper()}"))[0, :, ::-1]
    assert_close(255 * table(name), theirs, OPENCV[name])


@pytest.mark.parametrize(
    ("name", "colors"),
    [
        ("coolwarm", [[59, 76, 192], [221, 221, 221], [180, 4, 38]]),  # as Moreland prints it
        ("hot", [[0, 0, 0], [255, 85, 0], [255, 255, 255]]),
        ("gray", [[0, 0, 0], [128, 128, 128], [255, 255, 255]]),
        ("copper", [[0, 0, 0], [159, 100, 64], [255, 199, 127]]),
    ],
)
def test_a_map_has_the_published_colors(name: str, colors: list[list[int]]) -> None:
    assert_close(255 * table(name)[[0, 128, 255]], colors, 1.5)


# A luminance that is half-way between two levels may be rounded either way, which are neighbors in the table.
test_any_image_matches_float64 = matches("colormap", exact, {"uint8": 3, "uint16": 4, "float32": 3e-6})


@pytest.mark.parametrize("name", ["viridis", "hot"])
def test_every_level_has_its_color_of_the_table(device: str, name: str) -> None:
    levels = np.arange(256, dtype=np.uint8).reshape(16, 16)
    assert_close(colormap(levels, device, map=name).reshape(256, 3), 255 * table(name), 0.501)


def test_floats_outside_are_as_at_the_ends(device: str) -> None:
    made = colormap(np.array([[-np.inf, -1, 0, 1, 7, np.nan]], np.float32), device)
    assert_close(made[0, [0, 1, 5]], made[0, [2, 2, 2]])
    assert_close(made[0, 4], made[0, 3])
