"""Chroma key: by hand, and by ffmpeg's formula in float64."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

import imgcuda
from imgcuda import white_level
from support.luminance import parts
from support.references import matches

Image = npt.NDArray[Any]

TO_CHROMA = np.array([[-0.168735892, -0.331264108, 0.5], [0.5, -0.418687589, -0.081312411]])
"""Cb and Cr of red, green and blue, as JFIF has them."""


def chroma_key(image: Image, device: str, **parameters: Any) -> Image:
    return np.asarray(imgcuda.apply(image, "chroma-key", device=device, **parameters))


def exact(image: Image, similarity: float, blend: float) -> Image:
    colors, alpha = parts(image)
    far = (np.broadcast_to(colors, (*image.shape[:2], 3)) - [0, 1, 0]) @ TO_CHROMA.T
    opaque = np.clip((np.hypot(far[..., :1], far[..., 1:]) / np.sqrt(2) - similarity) / blend, 0, 1)
    return np.dstack([colors, alpha * opaque]) * white_level(image.dtype)


def test_the_color_of_the_screen_becomes_transparent(device: str) -> None:
    # Cb and Cr of green are -0.331 and -0.419, and those of gray 0: 0.534 apart, which is 0.378 of the diagonal
    image = np.array([[[0, 255, 0], [30, 240, 30], [128, 128, 128], [255, 0, 0]]], np.uint8)
    made = chroma_key(image, device, similarity=0.3, blend=0.2)
    assert made[..., :3].tolist() == image.tolist()
    assert made[..., 3].tolist() == [[0, 0, 99, 255]]
    assert chroma_key(image, device, similarity=0.37, blend=0)[..., 3].tolist() == [[0, 0, 255, 255]]
    assert chroma_key(image, device, color="gray", similarity=0.1)[..., 3].tolist() == [[255, 255, 0, 255]]


test_any_image_matches_the_formula = matches(
    "chroma-key",
    exact,
    {"uint8": 0.501, "uint16": 0.8, "float32": 3e-6},
    settings=[{"similarity": 0.2, "blend": 0.3}],
)
