"""Shadows and highlights: by hand, and by Moroney's formula in float64 with SciPy's Gaussian."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

import imgcuda
from imgcuda import white_level
from imgcuda.testing import assert_close
from support.luminance import luminance_and_around, parts
from support.references import has_alpha, matches

Image = npt.NDArray[Any]

TOLERANCE = {"uint8": 1.1, "uint16": 8, "float32": 1e-4}
"""The mask is rounded to the image's type, which moves an exponent by up to a 180th of bytes."""


def corrected(image: Image, device: str, **parameters: Any) -> Image:
    return np.asarray(imgcuda.apply(image, "shadows-highlights", device=device, **parameters))


def exact(image: Image, shadows: float, highlights: float, radius: float) -> Image:
    colors, alpha = parts(image)
    way = 2 * luminance_and_around(image, radius)[1] - 1
    made = colors ** (2 ** (way * np.where(way < 0, shadows, highlights))) * (alpha > 0)
    result = np.dstack([made, alpha]) if has_alpha(image) else made
    return (result * white_level(image.dtype)).reshape(image.shape)


def test_flat_parts_are_raised_to_a_power_of_their_own_level(device: str) -> None:
    # 51 is 1/5, and 2 * 1/5 - 1 is -0.6: 0.2 ** (2 ** -0.6) is 0.346; 204 is 4/5, and 0.8 ** (2 ** 0.6) is 0.713
    dark, bright, middle = (np.full((9, 9), level, np.uint8) for level in (51, 204, 0))
    assert corrected(dark, device, shadows=1, highlights=1)[4, 4] == 88
    assert corrected(bright, device, shadows=1, highlights=1)[4, 4] == 182
    assert_close(corrected(dark, device, shadows=0, highlights=1), dark)
    assert_close(corrected(middle, device, shadows=2), middle)


test_any_image_matches_float64 = matches(
    "shadows-highlights",
    exact,
    TOLERANCE,
    settings=[{"shadows": 1.0, "highlights": 0.5, "radius": 20.0}],
    shapes=((17, 31), (1, 1), (40, 30, 1), (37, 53, 3), (33, 65, 4)),
)


def test_small_details_stay_in_the_dark_and_in_the_bright(device: str) -> None:
    image = np.full((40, 320), 40, np.uint8)
    image[:, 160:] = 200
    image[20, [20, 300]] += 20
    made = corrected(image, device, shadows=1, highlights=1).astype(int)
    assert made[20, 20] - made[20, 5] >= 20
    assert made[20, 300] - made[20, 315] >= 15
    assert made[5, 315] - made[5, 5] < 140


def test_floats_that_have_no_power_stay(device: str) -> None:
    image = np.full((3, 5), 0.25, np.float32)
    image[1, 1:4] = [-0.5, 0, 2]
    made = corrected(image, device)
    assert made[1, 1:3].tolist() == [-0.5, 0]
    assert np.isfinite(made).all()
