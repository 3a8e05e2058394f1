"""Tone map: by hand, and by Reinhard's formula in float64 for any image."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import imgcuda
from imgcuda.testing import assert_close
from imgcuda.testing.contract_checks import random_image
from support.references import FEW_SHAPES, by_colors, matches

Image = npt.NDArray[Any]

REC709 = np.array([0.2126, 0.7152, 0.0722])


def tone_map(image: Image, device: str, **parameters: Any) -> Image:
    return np.asarray(imgcuda.apply(image, "tone-map", device=device, **parameters))


def exact(colors: Image, key: float = 0.18, white: float = 0.0, transfer: str = "srgb") -> Image:
    light = colors
    if transfer == "srgb":
        light = np.where(colors <= 0.04045, colors / 12.92, ((colors + 0.055) / 1.055) ** 2.4)
    luminance = light @ REC709[:, None] if colors.shape[2] == 3 else light
    gain = key / np.exp(np.log(luminance + 1e-5).mean())
    scaled = gain * luminance
    scale = gain * (1 + scaled / (white or scaled.max()) ** 2) / (1 + scaled)
    made = light * scale
    if transfer == "linear":
        return np.asarray(made)
    encoded = 1.055 * np.maximum(made, 1e-9) ** (1 / 2.4) - 0.055
    return np.asarray(np.where(made <= 0.0031308, made * 12.92, encoded))


def expected(image: Image, **parameters: Any) -> Image:
    """Return an image whose colors went through the formula."""
    return by_colors(image, partial(exact, **parameters))


def test_the_average_becomes_the_key_and_white_white(device: str) -> None:
    # The average is that of logarithms: 2. With a key of 0.5, L is 0.25, 0.5 and 1; white 2 gives 1 + L / 4.
    image = np.array([[1, 2, 4]], np.float32)
    made = tone_map(image, device, key=0.5, white=2, transfer="linear")
    assert_close(made, [[0.25 * 1.0625 / 1.25, 0.5 * 1.125 / 1.5, 1.25 / 2]], 2e-5)
    made = tone_map(image, device, key=0.5, transfer="linear")  # white is L of the brightest, 1, and 2 / 2 its result
    assert_close(made, [[0.25, 0.5, 1]], 3e-3)


def test_however_bright_the_light_is_the_result_is_the_same(device: str) -> None:
    light = np.random.default_rng(0).random((40, 50), np.float32) + 0.1
    made = tone_map(light, device, transfer="linear")
    assert_close(tone_map(light * 300, device, transfer="linear"), made, 3e-3)


@pytest.mark.exhaustive
def test_colors_keep_their_proportions(device: str) -> None:
    image = np.random.default_rng(0).random((40, 50, 3), np.float32)
    made = tone_map(image, device, transfer="linear")
    assert_close(made / made.sum(axis=2, keepdims=True), image / image.sum(axis=2, keepdims=True), 1e-6)


def test_the_brightest_level_becomes_white_and_black_stays(device: str) -> None:
    image = np.array([[[0] * 3, [20] * 3, [60] * 3, [100] * 3]], np.uint8)
    made = tone_map(image, device)
    assert made[0, 0].tolist() == [0, 0, 0]
    assert made[0, 3].tolist() == [255, 255, 255]
    assert not tone_map(np.zeros((3, 4, 3), np.uint8), device).any()


def test_what_is_not_a_number_does_not_count(device: str) -> None:
    image = np.array([[1, np.nan, 2, np.inf, 4, -1]], np.float32)
    made = tone_map(image, device, white=2, transfer="linear")
    numbers = tone_map(np.array([[1, 2, 4, 0]], np.float32), device, white=2, transfer="linear")
    assert_close(made[0, [0, 2, 4]], numbers[0, :3], 2e-5)
    assert np.isnan(made[0, 1])
    assert np.isinf(made[0, 3])
    assert made[0, 5] < 0


@pytest.mark.parametrize("shape", [(37, 53, 3), (1, 1, 3), (1, 50, 3), (700, 5, 3)])
def test_a_color_image_of_bytes_matches_the_formula(device: str, shape: tuple[int, ...]) -> None:
    image = random_image(shape)
    for key, white in ((0.18, 4.0), (0.5, 0.7), (0.18, 0.0)):
        made = tone_map(image, device, key=key, white=white)
        assert_close(made, expected(image, key=key, white=white), 0.51 if white else 1.0)


# Compiling kernels for each type and channel count is most of what tests cost.
test_any_image_matches_the_formula = pytest.mark.exhaustive(
    matches(
        "tone-map",
        expected,
        {"uint8": 0.51, "uint16": 2.0, "float32": 2e-5},
        shapes=FEW_SHAPES,
        settings=[{"white": 4.0}, {"key": 0.5, "white": 0.7}],
        transfer=["linear", "srgb"],
    )
)

# The brightest is rounded down by up to 1/512 of a stop.
test_any_image_becomes_white_where_it_is_brightest = pytest.mark.exhaustive(
    matches(
        "tone-map",
        expected,
        {"uint8": 1.0, "uint16": 180.0, "float32": 3e-3},
        shapes=FEW_SHAPES,
        settings=[{"transfer": "linear"}],
    )
)


@pytest.mark.parametrize("rows", [64, 7])
def test_each_part_counts_as_much_as_it_has_pixels(device: str, rows: int) -> None:
    image = np.concatenate([np.full((rows, 900), 0.25), np.full((3 * rows, 900), 4.0)]).astype(np.float32)
    made = tone_map(image, device, key=1, white=1000, transfer="linear")  # the average is 2^((-2 + 3 * 2) / 4) = 2
    assert_close(made[[0, -1], 0], [0.125 / 1.125, 2 / 3], 5e-5)
