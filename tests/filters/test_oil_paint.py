"""Oil paint: by hand, and against its definition in float64."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import imgcuda
from imgcuda.testing import assert_close
from imgcuda.testing.contract_checks import random_image
from support.luminance import luminance, parts, put_together
from support.matrix import exhaustive
from support.references import BORDERS, has_alpha, matches, padded

Image = npt.NDArray[Any]


def exact(image: Image, radius: int, levels: int = 32, exponent: float = 8, border: str = "reflect") -> Image:
    colors, alpha = parts(image)
    level = np.clip(np.rint(luminance(colors) * (levels - 1)), 0, levels - 1)
    of_level = (level == np.arange(levels)) * alpha  # (height, width, levels): what each pixel counts for
    height, width = alpha.shape[:2]
    counts, sums = np.zeros((height, width, levels)), np.zeros((height, width, levels, colors.shape[2]))
    counted, wide = (padded(each, radius, border) for each in (of_level, colors))
    if border == "constant" and not has_alpha(image):  # opaque black
        counted[..., 0] += np.pad(np.zeros((height, width)), radius, constant_values=1)
    for dy, dx in np.argwhere(np.hypot(*np.indices((2 * radius + 1,) * 2) - radius) <= radius):
        part = counted[dy : dy + height, dx : dx + width]
        counts += part
        sums += part[..., None] * wide[dy : dy + height, dx : dx + width, None]
    most = counts.max(axis=2, keepdims=True)
    weights = np.divide(counts, most, out=np.zeros(counts.shape), where=most > 0) ** exponent
    means = np.divide(sums, counts[..., None], out=np.zeros(sums.shape), where=counts[..., None] > 0)
    total = weights.sum(axis=2)[..., None]
    made = np.divide((weights[..., None] * means).sum(axis=2), total, out=np.zeros(colors.shape), where=total > 0)
    return put_together(image, np.where(alpha > 0, made, 0), alpha)


def test_a_speck_takes_the_color_of_what_is_around(device: str) -> None:
    image = np.full((9, 9), 100, np.uint8)
    image[4, 4] = 250
    assert (imgcuda.apply(image, "oil-paint", device=device, exponent=20) == 100).all()


def test_levels_are_weighed_by_how_frequent_they_are(device: str) -> None:
    image = np.zeros((1, 3), np.uint8)
    image[0, 2] = 240
    made = np.asarray(imgcuda.apply(image, "oil-paint", device=device, radius=1, exponent=1, border="nearest"))
    # a cross of five pixels, three of them in the column itself: of the last column four are 240 and one is 0
    assert_close(made[0, 1:], [240 * 1 / 4 / (1 / 4 + 1), 240 / (1 + 1 / 4)], 0.51)


test_any_image_matches_float64 = matches(
    "oil-paint",
    exact,
    {"uint8": 1, "uint16": 1, "float32": 1e-5},
    shapes=((17, 31), (1, 1), (1, 50), (50, 1), (2, 2), (40, 30, 1), (40, 30, 2), (37, 53, 3), (33, 65, 4)),
    settings=[{"radius": 4}, {"radius": 2, "levels": 5, "exponent": 1.5}],
)


@pytest.mark.parametrize("border", [exhaustive(border) for border in BORDERS])
def test_beyond_the_edge_is_what_the_border_says(device: str, border: str) -> None:
    image = random_image((40, 50), "uint8")
    made = imgcuda.apply(image, "oil-paint", device=device, border=border, radius=3)
    assert_close(made, exact(image, radius=3, border=border), 1)
