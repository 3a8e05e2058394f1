"""What references of filters that work on the luminance share, in float64."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from imgcuda import white_level
from support.references import has_alpha, samples

Image = npt.NDArray[Any]

LUMA = np.array([19595, 38470, 7471]) / 65536
"""The weights of red, green and blue in the luminance of Rec. 601."""


def parts(image: Image) -> tuple[Image, Image]:
    """Return an image's colors and its alpha, both (height, width, number), from 0 to 1."""
    values = samples(image)
    if has_alpha(image):
        return values[..., :-1], values[..., -1:]
    return values, np.ones((*values.shape[:2], 1))


def luminance(colors: Image) -> Image:
    """Return the luminance, Rec. 601, (height, width, 1)."""
    return np.asarray(colors @ LUMA[:, None]) if colors.shape[2] == 3 else colors


def blurred(planes: Image, sigma: float, border: str = "reflect") -> Image:
    """Return planes, (height, width, number), blurred by a Gaussian, which is cut off at four standard deviations."""
    from scipy import ndimage  # .ci/arm has no SciPy

    return np.asarray(ndimage.gaussian_filter(planes, (sigma, sigma, 0), mode=border, truncate=4))


def luminance_and_around(image: Image, sigma: float, border: str = "reflect") -> tuple[Image, Image]:
    """Return the luminance from 0 to 1 and its blur, which weighs by alpha, both (height, width, 1)."""
    colors, alpha = parts(image)
    light = luminance(colors)
    around = blurred(light * alpha, sigma, border)
    if has_alpha(image):
        whole = blurred(alpha, sigma, border)
        around = np.divide(around, whole, out=np.zeros(light.shape), where=whole > 0)
    return light, around


def put_together(image: Image, colors: Image, alpha: Image) -> Image:
    """Return colors and alpha as an image of the type and number of dimensions of another; rounded."""
    made = np.concatenate([colors, alpha], axis=-1) if has_alpha(image) else colors
    made = made[..., 0] if image.ndim == 2 or (made.shape[2] == 1 and image.shape[2] == 3) else made
    return made if image.dtype.kind == "f" else np.rint(np.clip(made, 0, 1) * white_level(image.dtype))
