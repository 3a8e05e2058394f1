"""Convert between sample types and between channels: values are scaled to the new range and rounded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from imgcuda.images.depth import to_depth
from imgcuda.images.image import Image, Pixels, as_planes, channels
from imgcuda.pixels import has_alpha, white_level

Convert = Literal["L", "LA", "RGB", "RGBA", "F"]

CHANNELS = {"L": 1, "LA": 2, "RGB": 3, "RGBA": 4}

# What a color is worth as gray, in the weights of Rec. 601, as in Pillow and in the filter that makes gray.
_GRAY = np.array([0.299, 0.587, 0.114])


def out_of_range(pixels: Pixels) -> str:
    """Return a sentence about floats that whole numbers cannot hold, or nothing."""
    if pixels.dtype != np.float32:
        return ""
    holes = "some of its samples are no numbers; they become black" if np.isnan(pixels).any() else ""
    low, high = float(np.fmin.reduce(pixels, axis=None)), float(np.fmax.reduce(pixels, axis=None))
    cut = f"its samples run from {low:g} to {high:g}; what is beyond 0 and 1 is cut off" if low < 0 or high > 1 else ""
    return "; ".join(filter(None, (holes, cut)))


def convert(image: Image, mode: str) -> Image:
    """Return an image, with all its frames, as L (gray), LA, RGB or RGBA; F is L as float.

    If the mode has no alpha, the image is blended with white.
    """
    if mode == "F":
        return image.filtered([to_depth(with_channels(frame.pixels, 1), "float") for frame in image.frames])
    return image.filtered([with_channels(frame.pixels, CHANNELS[mode]) for frame in image.frames])


def with_channels(pixels: Pixels, wanted: int) -> Pixels:
    """Return an image with 1 (gray), 2 (gray, alpha), 3 (RGB) or 4 (RGB, alpha) channels."""
    if channels(pixels) == wanted:
        return pixels
    planes = as_planes(pixels)
    with_alpha = has_alpha(planes.shape[2])
    if with_alpha and not has_alpha(wanted):
        planes, with_alpha = on_white(planes), False
    alpha = planes[:, :, -1:] if with_alpha else np.full_like(planes[:, :, :1], white_level(planes.dtype))
    color = _color(planes[:, :, : planes.shape[2] - with_alpha], 3 if wanted > 2 else 1)
    made = np.concatenate([color, alpha], axis=2) if has_alpha(wanted) else np.ascontiguousarray(color)
    return made[:, :, 0] if wanted == 1 else made


def on_white(pixels: Pixels) -> Pixels:
    """Return gray or RGB: an image with alpha, blended with white."""

    def blend(color: npt.NDArray[np.float64], alpha: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return color * alpha + (1 - alpha) * white_level(pixels.dtype)

    alpha = pixels[:, :, -1:].astype(np.float64) / white_level(pixels.dtype)
    return _rounded(pixels.dtype, lambda: blend(pixels[:, :, :-1].astype(np.float64), alpha))


def _color(color: Pixels, wanted: int) -> Pixels:
    if color.shape[2] == wanted:
        return color
    if wanted == 3:
        return np.repeat(color, 3, axis=2)
    return _rounded(color.dtype, lambda: (color @ _GRAY)[:, :, None])


def _rounded(dtype: np.dtype[Any], result: Callable[[], npt.NDArray[np.float64]]) -> Pixels:
    return result().astype(dtype) if dtype.kind == "f" else np.rint(result()).astype(dtype)


def at_depth(image: Image, depth: str) -> Image:
    """Return an image, with all its frames, at a depth."""
    lost = {said: None for frame in image.frames if depth != "float" and (said := out_of_range(frame.pixels))}
    made = image.filtered([to_depth(frame.pixels, depth) for frame in image.frames])
    return replace(made, losses=(*image.losses, *lost))
