"""Vibrance: by hand, and by ffmpeg's formula in float64 for any image."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

import imgcuda
from imgcuda.testing import assert_close
from support.luminance import luminance
from support.references import by_colors, matches

Image = npt.NDArray[Any]

TOLERANCE = {"uint8": 0.501, "uint16": 0.55, "float32": 1e-6}


def vibrance(image: Image, device: str, intensity: float) -> Image:
    return np.asarray(imgcuda.apply(image, "vibrance", device=device, intensity=intensity))


def exact(colors: Image, intensity: float) -> Image:
    luma = luminance(colors)
    chroma = np.ptp(colors, axis=2, keepdims=True)
    return np.asarray(luma + (1 + intensity * (1 - np.sign(intensity) * chroma)) * (colors - luma))


def test_pale_colors_become_stronger_than_strong_ones(device: str) -> None:
    # The luma of (110, 100, 90) is 101.85; at an intensity of 1 the factor is 2 - 20/255.
    image = np.array([[[110, 100, 90], [255, 0, 0], [60, 60, 60]]], np.uint8)
    assert vibrance(image, device, 1).tolist() == [[[118, 98, 79], [255, 0, 0], [60, 60, 60]]]
    assert vibrance(image, device, -0.5).tolist() == [[[106, 101, 96], [76, 76, 76], [60, 60, 60]]]
    assert_close(vibrance(image, device, 0), image)


test_any_image_matches_the_formula = matches(
    "vibrance",
    lambda image, intensity: by_colors(image, lambda colors: exact(colors, intensity)),
    TOLERANCE,
    settings=[{"intensity": 0.8}, {"intensity": -1.3}],
)
