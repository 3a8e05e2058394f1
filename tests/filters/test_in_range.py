"""In-range: by hand, and as OpenCV's inRange has it."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

import imgcuda
from imgcuda import white_level
from imgcuda.testing import assert_close
from support.references import has_alpha, matches

Image = npt.NDArray[Any]

LOW, HIGH = "#204080", "#c0a0ff"


def in_range(image: Image, device: str, **parameters: Any) -> Image:
    return np.asarray(imgcuda.apply(image, "in-range", device=device, **parameters))


def exact(image: Image, low: str, high: str) -> Image:
    """Return OpenCV's mask, and the image's alpha."""
    top = white_level(image.dtype)
    values = image.reshape(*image.shape[:2], -1)
    colors = values[..., : values.shape[2] - has_alpha(image)]
    ends = [[int(text[i : i + 2], 16) / 255 * top for i in (1, 3, 5)] for text in (low, high)]
    colors = np.ascontiguousarray(np.broadcast_to(colors, (*image.shape[:2], 3)))
    mask = (cv2.inRange(colors.astype(np.float64), *map(np.array, ends)) > 0) * top
    if has_alpha(image):
        return np.dstack([mask, values[..., -1]])
    return mask.reshape(image.shape) if image.shape[2:] == (1,) else mask


def test_both_ends_belong_to_the_range(device: str) -> None:
    image = np.array([[[31, 70, 130], [32, 70, 130], [192, 160, 255], [193, 160, 255], [100, 63, 200]]], np.uint8)
    assert in_range(image, device, low=LOW, high=HIGH).tolist() == [[0, 255, 255, 0, 0]]
    assert in_range(image.astype(np.uint16) * 257, device, low=LOW, high=HIGH).tolist() == [[0, 65535, 65535, 0, 0]]


def test_a_gray_image_counts_as_red_green_and_blue_alike(device: str) -> None:
    image = np.array([[127, 128, 160, 161]], np.uint8)
    assert in_range(image, device, low=LOW, high=HIGH).tolist() == [[0, 255, 255, 0]]


def test_what_is_not_a_number_is_black(device: str) -> None:
    image = np.array([[np.nan, np.inf, 0.7]], np.float32)
    assert in_range(image, device).tolist() == [[0, 0, 1]]


def test_a_range_that_ends_before_it_begins_is_empty(device: str) -> None:
    image = np.arange(256, dtype=np.uint8).reshape(1, -1)
    assert_close(in_range(image, device, low="white", high="black"), np.zeros((1, 256)))


test_any_image_is_as_opencv_makes_it = matches(
    "in-range", exact, {"uint8": 0, "uint16": 0, "float32": 0}, settings=[{"low": LOW, "high": HIGH}]
)
