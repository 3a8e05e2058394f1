"""Duotone: by hand, against Pillow's colorize, and in float64."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import PIL.Image
from PIL import ImageOps

import imgcuda
from imgcuda.testing import assert_close
from support.luminance import luminance
from support.references import by_colors, matches

Image = npt.NDArray[Any]

TOLERANCE = {"uint8": 0.501, "uint16": 0.55, "float32": 1e-6}
BLACK, WHITE = np.array([20, 0, 90]) / 255, np.array([255, 240, 130]) / 255


def exact(colors: Image) -> Image:
    return np.asarray(BLACK + luminance(colors) * (WHITE - BLACK))


def test_black_and_white_become_the_two_colors(device: str) -> None:
    image = np.array([[0, 255, 51]], np.uint8)
    made = imgcuda.apply(image, "duotone", device=device, black="#14005a", white="#fff082")
    assert made.tolist() == [[[20, 0, 90], [255, 240, 130], [67, 48, 98]]]


def test_a_gray_picture_matches_pillow(device: str, picture: Image) -> None:
    gray = np.ascontiguousarray(picture[..., 1])
    expected = np.asarray(ImageOps.colorize(PIL.Image.fromarray(gray), "#14005a", "#fff082"))
    assert_close(imgcuda.apply(gray, "duotone", device=device, black="#14005a", white="#fff082"), expected, 1)


test_any_image_matches_float64 = matches(
    "duotone",
    lambda image, **_: by_colors(image, exact),
    TOLERANCE,
    settings=[{"black": "#14005a", "white": "#fff082"}],
)
