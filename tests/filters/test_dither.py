"""Dither: patterns by hand, the formula in float64, levels that stay as they are on average, and blue noise."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import imgcuda
from imgcuda.testing import assert_close
from imgcuda_plugins.stylize.blue_noise import blue_noise, void_and_cluster
from support.references import by_colors, matches

Image = npt.NDArray[Any]

BAYER4 = np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]])
METHODS = ["bayer2", "bayer4", "bayer8", "blue-noise"]


def dither(image: Image, device: str, **parameters: Any) -> Image:
    return np.asarray(imgcuda.apply(image, "dither", device=device, **parameters))


def exact(image: Image, levels: int) -> Image:
    def formula(colors: Image) -> Image:
        thresholds = (BAYER4 + 0.5) / 16
        rows, columns = np.indices(colors.shape[:2]) % 4
        return np.asarray(np.floor(colors * (levels - 1) + thresholds[rows, columns][..., None]) / (levels - 1))

    return by_colors(image, formula)


def test_half_gray_becomes_a_checkerboard(device: str) -> None:
    made = dither(np.full((4, 4), 128, np.uint8), device, method="bayer2")
    assert made.tolist() == [[0, 255, 0, 255], [255, 0, 255, 0]] * 2


def test_a_sixteenth_of_white_is_one_pixel_of_sixteen(device: str) -> None:
    made = dither(np.full((4, 4), 16, np.uint8), device, method="bayer4")
    assert made.tolist() == [[0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0], [255, 0, 0, 0]]


@pytest.mark.parametrize("method", METHODS)
def test_a_level_stays_as_it_is_on_average(device: str, method: str) -> None:
    for level in (0, 51, 100, 255):
        made = dither(np.full((64, 64), level, np.uint8), device, method=method, levels=3)
        assert set(np.unique(made)) <= {0, 128, 255}
        thresholds = 64**2 if method == "blue-noise" else int(method[-1]) ** 2
        assert abs((made / 255).round(1).mean() - level / 255) <= 0.5 / thresholds + 1e-9


test_any_image_matches_float64 = matches(
    "dither",
    lambda image, method, levels: exact(image, levels),
    {"uint8": 0.501, "uint16": 0.55, "float32": 1e-6},
    settings=[{"method": "bayer4", "levels": 2}, {"method": "bayer4", "levels": 6}],
)


def test_blue_noise_is_the_table_that_void_and_cluster_makes() -> None:
    assert_close(void_and_cluster(64), blue_noise())


def test_blue_noise_has_hardly_any_low_frequencies() -> None:
    shown = blue_noise() < 1000
    power = np.abs(np.fft.fft2(shown - shown.mean())) ** 2
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(64), np.fft.fftfreq(64)))
    assert power[(frequency > 0) & (frequency < 0.1)].mean() < 0.02 * power[frequency > 0.3].mean()
