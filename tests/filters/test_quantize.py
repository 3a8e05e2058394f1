"""Quantize: the colors by hand, each pixel's nearest one in float64, and as little error as Pillow's median cut."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image as Pillow

import imgcuda
from imgcuda.testing import assert_close

Image = npt.NDArray[Any]
Make = Callable[..., Image]


def quantize(image: Image, device: str, colors: int) -> Image:
    return np.asarray(imgcuda.apply(image, "quantize", device=device, colors=colors))


def palette(made: Image) -> Image:
    return np.unique(made.reshape(-1, made.shape[-1] if made.ndim == 3 else 1), axis=0)


def test_gray_levels_are_cut_at_their_median(device: str) -> None:
    image = np.array([[0, 10, 20, 200, 210, 220]], np.uint8)
    assert quantize(image, device, 2).tolist() == [[10, 10, 10, 210, 210, 210]]


def test_a_box_is_cut_along_the_channel_that_is_spread_most(device: str) -> None:
    image = np.array([[[0, 90, 40], [20, 90, 40], [0, 90, 240], [20, 90, 240]]], np.uint8)
    assert quantize(image, device, 2).tolist() == [[[10, 90, 40]] * 2 + [[10, 90, 240]] * 2]


def test_few_colors_stay_as_they_are(device: str) -> None:
    colors = np.random.default_rng(0).permutation(16)[:, None] * 16 + np.array([1, 4, 15])
    image = colors.astype(np.uint8)[np.random.default_rng(1).integers(0, 16, (40, 50))]
    assert_close(quantize(image, device, 16), image)


@pytest.mark.parametrize(("dtype", "channels"), [("uint8", 1), ("uint8", 3), ("uint8", 4), ("float32", 1)])
def test_each_pixel_becomes_the_nearest_of_few_colors(
    device: str, dtype: str, channels: int, random_image: Make
) -> None:
    image = random_image((37, 53, channels), dtype)
    made = quantize(image, device, 10)
    colors = channels - (channels == 4)
    found = palette(made[..., :colors])
    assert 8 <= len(found) <= 10
    away = np.linalg.norm(image[..., None, :colors].astype(float) - found, axis=-1).min(axis=-1)
    allowed = 1.0 if dtype == "uint8" else 1e-6  # a result is rounded after it is chosen
    assert_close(np.linalg.norm(image[..., :colors].astype(float) - made[..., :colors], axis=-1), away, allowed)
    assert_close(made[..., colors:], image[..., colors:])


def test_transparent_pixels_do_not_count(device: str) -> None:
    image = np.zeros((4, 6, 4), np.uint8)
    image[:2] = (200, 100, 50, 255)
    image[3] = (10, 20, 250, 0)
    image[2] = (100, 100, 50, 9)
    assert palette(quantize(image, device, 2)[..., :3]).tolist() == [[100, 100, 50], [200, 100, 50]]
    assert not quantize(np.zeros((3, 3, 4), np.uint8), device, 2).any()


def test_the_error_is_no_more_than_that_of_pillows_median_cut(device: str, picture: Image) -> None:
    own = np.ascontiguousarray(picture[..., :3])
    for colors in (4, 16, 64):
        pillow = Pillow.fromarray(own).quantize(colors, Pillow.Quantize.MEDIANCUT, dither=Pillow.Dither.NONE)
        errors = [
            ((made.astype(float) - own) ** 2).mean()
            for made in (quantize(own, device, colors), np.asarray(pillow.convert("RGB")))
        ]
        assert errors[0] <= 1.1 * errors[1]


def test_in_strips_it_is_the_same(device: str, random_image: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    image = random_image((2100, 60))
    whole = quantize(image, device, 5)
    monkeypatch.setenv("IMGCUDA_MEMORY_LIMIT", str(2 * image.nbytes))
    assert_close(quantize(image, device, 5), whole)
