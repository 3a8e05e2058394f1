"""Canny's edges of a blurred picture, beside OpenCV, scikit-image, cuCIM and kornia.

A pixel is an edge or none: where two gradients are as long but for rounding, results differ in white and black. So they
are only timed here; that they are right is tested, pixel for pixel, where there is no blur.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from task import Picture, Task

WHITE = 255
SIGMA, LOW, HIGH = 1.0, 0.1, 0.2


def opencv(picture: Picture) -> npt.NDArray[Any]:
    """Return OpenCV's, which rounds the luminance and its blur."""
    gray = cv2.GaussianBlur(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), (9, 9), SIGMA)
    return np.asarray(cv2.Canny(gray, LOW * WHITE, HIGH * WHITE, L2gradient=True))


def scikit_image(picture: Picture) -> npt.NDArray[Any]:
    """Return scikit-image's, of OpenCV's luminance."""
    from skimage import feature

    canny: Any = feature.canny
    gray = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY) / np.float32(WHITE)
    return np.asarray(canny(gray, sigma=SIGMA, low_threshold=LOW, high_threshold=HIGH), np.uint8) * WHITE


def cupy(picture: Any) -> Any:
    """Return cuCIM's, which is scikit-image's on CuPy."""
    import cupy as cp
    import cupy_filters
    from cucim.skimage.feature import canny

    gray = cupy_filters.grayscale(picture).astype(cp.float32) / WHITE
    return canny(gray, sigma=SIGMA, low_threshold=LOW, high_threshold=HIGH).astype(cp.uint8) * WHITE


def kornia(picture: Any) -> Any:
    """Return kornia's, of floats."""
    from kornia.color import rgb_to_grayscale
    from kornia.filters import canny

    gray = rgb_to_grayscale(picture[None].float() / WHITE)
    _, edges = canny(gray, LOW, HIGH, kernel_size=(9, 9), sigma=(SIGMA, SIGMA))
    return (edges[0] * WHITE).byte()


TASKS = [
    Task(
        "canny",
        {"sigma": SIGMA, "low": LOW, "high": HIGH},
        opencv,
        {"OpenCV": opencv, "scikit-image": scikit_image},
        {"CuPy": cupy, "kornia": kornia},
        tolerance=WHITE,
    )
]
