"""Set alpha: by hand, and for any image."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

import imgcuda
from imgcuda import white_level
from support.references import has_alpha, matches

Image = npt.NDArray[Any]


def set_alpha(image: Image, device: str, **parameters: Any) -> Image:
    return np.asarray(imgcuda.apply(image, "set-alpha", device=device, **parameters))


def exact(image: Image, opacity: float, multiply: bool = False) -> Image:
    top = white_level(image.dtype)
    values = image.astype(np.float64).reshape(*image.shape[:2], -1)
    colors = values[..., :-1] if has_alpha(image) else values
    before = values[..., -1:] if multiply and has_alpha(image) else np.full((*image.shape[:2], 1), top)
    return np.concatenate([colors, opacity * before], axis=2)


def test_alpha_is_replaced_or_multiplied(device: str) -> None:
    gray, rgba = np.array([[9]], np.uint8), np.array([[[1, 2, 3, 100]]], np.uint8)
    assert set_alpha(gray, device, opacity=0.2).tolist() == [[[9, 51]]]
    assert set_alpha(rgba, device, opacity=0.2).tolist() == [[[1, 2, 3, 51]]]
    assert set_alpha(rgba, device, opacity=0.2, multiply=True).tolist() == [[[1, 2, 3, 20]]]
    assert imgcuda.apply(rgba, "add-alpha", device=device).tolist() == rgba.tolist()
    assert imgcuda.apply(rgba, "opaque", device=device).tolist() == [[[1, 2, 3, 255]]]


test_any_image_matches_float64 = matches(
    "set-alpha",
    exact,
    {"uint8": 0.501, "uint16": 0.51, "float32": 1e-7},
    settings=[{"opacity": 0.3}, {"opacity": 0.7, "multiply": True}],
)
