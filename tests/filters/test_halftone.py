"""Halftone: the formula in float64, as much ink as the image is dark, and the grids of color."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

import imgcuda
from imgcuda.testing import assert_close
from imgcuda_plugins.stylize.halftone import radii
from support.references import by_colors, matches

Image = npt.NDArray[Any]

SIZE = 6.5


def halftone(image: Image, device: str, **parameters: Any) -> Image:
    return np.asarray(imgcuda.apply(image, "halftone", device=device, **parameters))


def exact(image: Image, **_: object) -> Image:
    def formula(colors: Image) -> Image:
        y, x = np.indices(colors.shape[:2]) + 0.5
        made = np.empty(colors.shape)
        for channel, turned in enumerate((15, 75, 0) if colors.shape[2] == 3 else (45,)):
            angle = np.radians(turned)
            across = (np.cos(angle) * x + np.sin(angle) * y) / SIZE % 1 - 0.5
            down = (np.cos(angle) * y - np.sin(angle) * x) / SIZE % 1 - 0.5
            ink = 1 - np.clip(colors[..., channel], 0, 1)
            radius = np.interp(ink, np.linspace(0, 1, 257), radii(SIZE))
            made[..., channel] = 1 - np.clip(0.5 + radius - SIZE * np.hypot(across, down), 0, 1)
        return made

    return by_colors(image, formula)


def test_black_and_white_have_no_dots(device: str) -> None:
    image = np.repeat(np.array([[0, 255]], np.uint8), 40, axis=1).repeat(40, axis=0)
    assert_close(halftone(image, device), image)


def test_ink_covers_as_much_as_the_image_is_dark(device: str) -> None:
    for size in (5, 8, 20):
        for level in (20, 128, 230):
            made = halftone(np.full((200, 200), level, np.uint8), device, size=size, angle=30)
            assert abs(made.mean() - level) < 1


def test_a_dot_lies_in_the_middle_of_each_square(device: str) -> None:
    made = halftone(np.full((8, 8), 230, np.uint8), device, size=4, angle=0)
    assert_close(made, np.tile(made[:4, :4], (2, 2)), 1)
    assert_close(made, made[::-1, ::-1], 1)
    assert made[1, 1] < made[0, 1] == made[1, 0]


def test_a_radius_covers_its_part_of_a_square() -> None:
    middle = (np.arange(200) + 0.5) / 200 - 0.5
    distances = SIZE * np.hypot(middle[:, None], middle)
    for tone in (0, 1, 64, 128, 200, 255, 256):
        assert abs(np.clip(0.5 + radii(SIZE)[tone] - distances, 0, 1).mean() - tone / 256) < 2e-4


test_any_image_matches_float64 = matches(
    "halftone", exact, {"uint8": 0.51, "uint16": 8, "float32": 1e-4}, settings=[{"size": SIZE}]
)
