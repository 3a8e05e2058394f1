"""The swirl, against scikit-image's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import skimage.transform

import imgcuda
from imgcuda.testing import assert_close
from support.references import by_channels, matches
from support.warps import SHAPES

Image = npt.NDArray[Any]
Make = Callable[..., Image]

SWIRL: Any = skimage.transform.swirl
TOLERANCE = {"uint8": 1.0, "uint16": 1.0, "float32": 2e-5}


def swirl(image: Image, device: str, **parameters: Any) -> Image:
    return np.asarray(imgcuda.apply(image, "swirl", device=device, **parameters))


def scikit_images(
    image: Image,
    strength: float = 4.0,
    radius: float = 0.0,
    rotation: float = 0.0,
    center_x: float = 0.5,
    center_y: float = 0.5,
) -> Image:
    height, width = image.shape[:2]
    center = width * center_x - 0.5, height * center_y - 0.5
    turn = np.radians(rotation)
    reach = radius or 0.75 * min(width, height)

    def turned(plane: Image) -> Image:
        made: Image = SWIRL(plane, center, strength, reach, turn, order=1, mode="constant", clip=False)
        return made

    return by_channels(image, turned)


test_any_image_matches_scikit_image = matches(
    "swirl",
    scikit_images,
    TOLERANCE,
    shapes=SHAPES,
    settings=[{}, {"strength": -9.0, "radius": 40.0, "rotation": 33.0, "center_x": 0.2, "center_y": 0.9}],
)


def test_a_swirl_without_strength_changes_nothing(device: str, random_image: Make) -> None:
    image = random_image((17, 31))
    assert_close(swirl(image, device, strength=0.0), image)


def test_the_center_is_turned_by_its_strength(device: str) -> None:
    image = np.zeros((401, 401), np.uint8)
    image[200, 201:204] = 200  # to the right of the middle
    rows, columns = np.nonzero(swirl(image, device, strength=float(np.pi / 2), radius=100_000.0) > 100)
    assert sorted(rows) == [197, 198, 199] and set(columns) == {200}
