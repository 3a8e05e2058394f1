"""Flatten: by hand, and by the formula in float64 and Pillow's compositing."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import PIL.Image

import imgcuda
from imgcuda import white_level
from imgcuda.testing import assert_close
from support.luminance import LUMA, parts
from support.references import has_alpha, matches

Image = npt.NDArray[Any]

GROUND = np.array([200, 100, 0]) / 255


def flatten(image: Image, device: str, **parameters: Any) -> Image:
    return np.asarray(imgcuda.apply(image, "flatten", device=device, **parameters))


def exact(image: Image, **_: object) -> Image:
    if not has_alpha(image):
        return image.astype(np.float64)
    colors, alpha = parts(image)
    ground = GROUND if image.shape[2] == 4 else GROUND @ LUMA[:, None]
    made = alpha * colors + (1 - alpha) * ground
    return (made if image.shape[2] == 4 else made[..., 0]) * white_level(image.dtype)


def test_the_ground_shows_through(device: str) -> None:
    image = np.array([[[100, 0, 255, 0], [100, 0, 255, 51], [100, 0, 255, 255]]], np.uint8)
    assert flatten(image, device).tolist() == [[[255, 255, 255], [224, 204, 255], [100, 0, 255]]]
    assert flatten(image, device, background="red").tolist() == [[[255, 0, 0], [224, 0, 51], [100, 0, 255]]]
    assert flatten(np.array([[[100, 0]]], np.uint8), device, background="#f00").tolist() == [[76]]


test_any_image_matches_float64 = matches(
    "flatten", exact, {"uint8": 0.501, "uint16": 0.55, "float32": 1e-6}, settings=[{"background": "#c86400"}]
)


def test_an_image_matches_pillow(device: str) -> None:
    image = np.random.default_rng(0).integers(0, 256, (60, 80, 4), np.uint8)
    ground = PIL.Image.new("RGBA", (80, 60), "#c86400")
    expected = PIL.Image.alpha_composite(ground, PIL.Image.fromarray(image)).convert("RGB")
    assert_close(flatten(image, device, background="#c86400"), np.asarray(expected), 1)
