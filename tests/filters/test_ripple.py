"""The ripple: against numbers done by hand, and SciPy's samples at the places of its formula."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

import imgcuda
from support.matrix import exhaustive
from support.references import by_channels, matches
from support.warps import SHAPES, grid, in_strips_as_whole, warped

Image = npt.NDArray[Any]

TOLERANCE = {"uint8": 1.0, "uint16": 1.0, "float32": 2e-5}


def ripple(image: Image, device: str, **parameters: Any) -> Image:
    return np.asarray(imgcuda.apply(image, "ripple", device=device, **parameters))


def exact(
    image: Image,
    amplitude: float = 8.0,
    wavelength: float = 64.0,
    phase: float = 0.0,
    angle: float = 0.0,
    shape: str = "lines",
) -> Image:
    def places(size: tuple[int, int]) -> tuple[Image, Image]:
        y, x = grid(*size)
        cosine, sine = np.cos(np.radians(angle)), np.sin(np.radians(angle))
        along, down, right = x * cosine + y * sine, cosine, -sine
        if shape == "rings":
            dy, dx = y - (size[0] - 1) / 2, x - (size[1] - 1) / 2
            along = np.hypot(dy, dx)
            down, right = (np.divide(d, along, out=np.zeros(size), where=along > 0) for d in (dy, dx))
        away = amplitude * np.sin(2 * np.pi * (along / wavelength + phase))
        return y + down * away, x + right * away

    return by_channels(image, warped(places, border="reflect"))


test_any_image_matches_the_formula = matches(
    "ripple",
    exact,
    TOLERANCE,
    shapes=SHAPES,
    settings=[{}, {"angle": 70.0, "phase": 0.3, "wavelength": 9.0}, {"shape": "rings", "amplitude": -3.5}],
)


def test_a_wave_by_hand(device: str) -> None:
    image = np.array([[1, 1, 1, 1], [2, 2, 2, 2], [3, 3, 3, 3]], np.uint8)
    made = ripple(image, device, amplitude=1.0, wavelength=4.0)  # down by 0, 1, 0 and -1 pixels
    assert made.tolist() == [[1, 2, 1, 1], [2, 3, 2, 1], [3, 3, 3, 2]]


test_strips_give_what_the_whole_gives = in_strips_as_whole(
    "ripple", [{"amplitude": 20.0}, exhaustive({"shape": "rings", "border": "mirror", "angle": 20.0})], most=300
)
