"""Colorize: by hand, and against Python's colorsys."""

from __future__ import annotations

import colorsys
from typing import Any

import numpy as np
import numpy.typing as npt

import imgcuda
from imgcuda.testing import assert_close
from support.luminance import LUMA
from support.references import by_colors, matches

Image = npt.NDArray[Any]

TOLERANCE = {"uint8": 0.501, "uint16": 0.6, "float32": 1e-6}
SHAPES = ((17, 31), (1, 1), (20, 30, 1), (20, 30, 2), (17, 23, 3), (13, 25, 4))
"""Small ones, since colorsys makes one color at a time."""


def colorize(image: Image, device: str, **parameters: Any) -> Image:
    return np.asarray(imgcuda.apply(image, "colorize", device=device, **parameters))


def exact(colors: Image, hue: float, saturation: float, lightness: float = 0, strength: float = 1) -> Image:
    rgb = np.broadcast_to(colors, (*colors.shape[:2], 3))
    level = rgb @ LUMA
    level = level * (1 + lightness) if lightness < 0 else level * (1 - lightness) + lightness
    made = np.array([colorsys.hls_to_rgb(hue / 360, min(each, 1.0), saturation) for each in level.ravel().tolist()])
    return np.asarray(rgb + strength * (made.reshape(rgb.shape) - rgb))


def test_a_luminance_becomes_a_lightness(device: str) -> None:
    image = np.array([[0, 51, 128, 204, 255]], np.uint8)
    made = colorize(image, device, hue=240, saturation=1)
    assert made.tolist() == [[[0, 0, 0], [0, 0, 102], [1, 1, 255], [153, 153, 255], [255, 255, 255]]]
    assert colorize(image[:, 1:2], device, hue=240, saturation=0, lightness=0.5).tolist() == [[[153, 153, 153]]]
    assert colorize(image[:, 1:2], device, hue=0, saturation=1, strength=0.4).tolist() == [[[71, 31, 31]]]


test_any_image_matches_colorsys = matches(
    "colorize",
    lambda image, **given: by_colors(image, lambda colors: exact(colors, **given)),
    TOLERANCE,
    shapes=SHAPES,
    settings=[{"hue": 33.0, "saturation": 0.7}, {"hue": 300.0, "saturation": 0.4, "lightness": -0.3, "strength": 0.6}],
)


def test_floats_beyond_white_have_no_color(device: str) -> None:
    assert_close(colorize(np.array([[1.5]], np.float32), device), [[[1.5, 1.5, 1.5]]], 1e-6)
