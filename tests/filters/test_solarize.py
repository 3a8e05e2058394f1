"""Solarize: by hand, and against Pillow for every level and threshold."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import PIL.Image
from PIL import ImageOps

import imgcuda
from imgcuda.testing import assert_close
from support.references import by_colors, matches

Image = npt.NDArray[Any]
Make = Callable[..., Image]


def solarize(image: Image, device: str, threshold: float) -> Image:
    return np.asarray(imgcuda.apply(image, "solarize", device=device, threshold=threshold))


def test_what_is_as_bright_as_the_threshold_is_inverted(device: str) -> None:
    image = np.array([[0, 99, 100, 200, 255]], np.uint8)
    assert solarize(image, device, 100 / 255).tolist() == [[0, 99, 155, 55, 0]]
    floats = np.array([[-1, 0.25, 0.5, 3, np.nan]], np.float32)
    assert_close(solarize(floats, device, 0.5), [[-1, 0.25, 0.5, -2, np.nan]])


def test_every_level_and_threshold_matches_pillow(device: str, every_level: Make) -> None:
    levels = every_level("uint8")
    for threshold in (0, 1, 64, 127, 128, 200, 254, 255):
        expected = np.asarray(ImageOps.solarize(PIL.Image.fromarray(levels), threshold))
        assert_close(solarize(levels, device, threshold / 255), expected)


test_any_image_matches_the_formula = matches(
    "solarize",
    lambda image, threshold: by_colors(image, lambda colors: np.where(colors >= threshold, 1 - colors, colors)),
    {"uint8": 1e-9, "uint16": 1e-9, "float32": 1e-7},
    settings=[{"threshold": 0.3}],
)
