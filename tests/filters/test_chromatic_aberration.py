"""Chromatic aberration, against SciPy's samples of each color at its places."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import imgcuda
from support.references import by_channels, has_alpha, matches
from support.warps import grid, in_strips_as_whole, warped

Image = npt.NDArray[Any]
Make = Callable[..., Image]

TOLERANCE = {"uint8": 1.0, "uint16": 1.0, "float32": 1e-5}


def aberrant(image: Image, device: str, **parameters: Any) -> Image:
    return np.asarray(imgcuda.apply(image, "chromatic-aberration", device=device, **parameters))


def exact(image: Image, red: float = 1.01, blue: float = 0.99, center_x: float = 0.5) -> Image:
    """Return the image whose colors are each filtered as all would be; its alpha stays, and where it is 0 all is 0."""
    if image.ndim == 2 or image.shape[2] < 3:
        return np.where(image[..., -1:] > 0, image, 0) if has_alpha(image) else image
    made = []
    for channel, scale in enumerate((red, 1.0, blue)):

        def places(size: tuple[int, int], scale: float = scale) -> tuple[Image, Image]:
            y, x = grid(*size)
            center = (size[0] - 1) / 2, size[1] * center_x - 0.5
            return center[0] + (y - center[0]) / scale, center[1] + (x - center[1]) / scale

        made.append(by_channels(image, warped(places, border="nearest"))[..., channel])
    if has_alpha(image):
        made = [np.where(image[..., 3] > 0, each, 0) for each in made] + [image[..., 3]]
    return np.stack(made, axis=-1)


test_any_image_matches_scipy = matches(
    "chromatic-aberration", exact, TOLERANCE, settings=[{}, {"red": 0.8, "blue": 1.3, "center_x": 0.1}]
)


def test_red_grows_and_blue_shrinks_about_the_middle(device: str) -> None:
    image = np.zeros((41, 41, 3), np.uint8)
    image[10:31, 10:31] = 255
    made = aberrant(image, device, red=1.5, blue=0.5)
    sizes = [int((made[20, :, channel] > 127).sum()) for channel in range(3)]
    assert sizes[1] == 21 and 31 <= sizes[0] <= 33 and 10 <= sizes[2] <= 12


@pytest.mark.exhaustive
def test_nearest_keeps_to_the_levels_there_are(device: str, random_image: Make) -> None:
    image = random_image((40, 60, 3)) // 128 * 255
    assert set(np.unique(aberrant(image, device, method="nearest"))) <= {0, 255}


test_strips_give_what_the_whole_gives = in_strips_as_whole("chromatic-aberration", [{}], most=500)
