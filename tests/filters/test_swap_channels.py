"""Swap channels: by hand, and by NumPy's indexing."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

import imgcuda
from support.references import by_colors, matches

Image = npt.NDArray[Any]
ORDERS = ("bgr", "rgb", "rbg", "grb", "gbr", "brg")


def test_the_order_names_the_channels_that_are_taken(device: str) -> None:
    image = np.array([[[1, 2, 3, 4]]], np.uint8)
    made = [imgcuda.apply(image, "swap-channels", device=device, order=order).tolist()[0][0] for order in ORDERS]
    assert made == [[3, 2, 1, 4], [1, 2, 3, 4], [1, 3, 2, 4], [2, 1, 3, 4], [2, 3, 1, 4], [3, 1, 2, 4]]


test_any_image_matches_numpy = matches(
    "swap-channels",
    lambda image, order: by_colors(
        image, lambda colors: colors[..., ["rgb".index(c) for c in order] if colors.shape[2] == 3 else [0]]
    ),
    {"uint8": 1e-9, "uint16": 1e-9, "float32": 0},
    settings=[{"order": "gbr"}],
)
