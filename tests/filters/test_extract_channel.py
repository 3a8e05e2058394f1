"""Extract a channel: by hand, and against scikit-image's HSV and OpenCV's HSL."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from skimage.color import rgb2hsv

import imgcuda
from imgcuda import white_level
from imgcuda.testing import assert_close
from support.luminance import LUMA, parts
from support.references import matches

Image = npt.NDArray[Any]

TOLERANCE = {"uint8": 0.501, "uint16": 0.55, "float32": 1e-6}


def channel(image: Image, device: str, name: str) -> Image:
    return np.asarray(imgcuda.apply(image, "extract-channel", device=device, channel=name))


def exact(image: Image, channel: str) -> Image:
    own, alpha = parts(image)
    colors = np.broadcast_to(own, (*own.shape[:2], 3))
    hue, saturation, value = np.moveaxis(rgb2hsv(colors), -1, 0)
    made = {"red": colors[..., 0], "green": colors[..., 1], "blue": colors[..., 2], "alpha": alpha[..., 0]} | {
        "luminance": colors @ LUMA,
        **{"hue": hue, "saturation": saturation, "value": value},
        "lightness": (colors.max(axis=2) + colors.min(axis=2)) / 2,
    }
    return np.asarray(
        made[channel].reshape(*image.shape[:2], *([1] if image.ndim == 3 and image.shape[2] == 1 else []))
        * white_level(image.dtype)
    )


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("red", 200),
        ("green", 100),
        ("blue", 50),
        ("alpha", 7),
        ("luminance", 124),
        ("hue", 14),
        ("saturation", 191),
        ("value", 200),
        ("lightness", 125),
    ],
)
def test_one_number_of_a_color_is_the_level(device: str, name: str, expected: int) -> None:
    image = np.array([[[200, 100, 50, 7]]], np.uint8)  # 20 degrees of 360 are 14.2 of 255
    assert channel(image, device, name).tolist() == [[expected]]


def test_without_alpha_an_image_is_opaque(device: str) -> None:
    assert channel(np.array([[3]], np.uint8), device, "alpha").tolist() == [[255]]


test_any_image_matches_scikit_image = matches(
    "extract-channel",
    exact,
    TOLERANCE,
    settings=[{"channel": name} for name in ("alpha", "hue")],
)


def test_a_picture_matches_opencv(device: str, picture: Image) -> None:
    hue, lightness, _ = cv2.split(cv2.cvtColor(picture.astype(np.float32) / 255, cv2.COLOR_RGB2HLS))
    assert_close(channel(picture, device, "hue"), hue * (255 / 360), 0.51)
    assert_close(channel(picture, device, "lightness"), lightness * 255, 0.51)
