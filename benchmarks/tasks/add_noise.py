"""Add noise, Gaussian, beside what others do in two steps: random numbers for all samples, and a sum.

Everybody's noise is another, so results are held against the picture, from which they are up to 6 standard deviations.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from task import Picture, Task

AMOUNT = 0.01
LEVELS = 255 * AMOUNT
"""The standard deviation, in levels."""


def unchanged(picture: Picture) -> npt.NDArray[Any]:
    return picture


def opencv(picture: Picture) -> Any:
    noise = np.empty(picture.shape, np.float32)
    cv2.randn(noise, np.zeros(1), np.full(1, LEVELS))
    return cv2.add(picture, noise, dtype=cv2.CV_8U)


def scikit_image(picture: Picture) -> Any:
    from skimage.util import random_noise

    noisy = random_noise(picture, "gaussian", rng=0, var=AMOUNT**2)  # type: ignore[no-untyped-call]
    return np.rint(255 * noisy).astype(np.uint8)


def numpy(picture: Picture) -> Any:
    noise = np.random.default_rng(0).standard_normal(picture.shape, np.float32)
    return np.clip(np.rint(picture + np.float32(LEVELS) * noise), 0, 255).astype(np.uint8)


def cupy(picture: Any) -> Any:
    import cupy

    noise = cupy.random.standard_normal(picture.shape, dtype=cupy.float32)
    return cupy.clip(cupy.rint(picture + cupy.float32(LEVELS) * noise), 0, 255).astype(cupy.uint8)


def torchvision(picture: Any) -> Any:
    """Its function takes floats, from 0 to 1."""
    from torchvision.transforms.v2 import functional

    noisy = functional.gaussian_noise(picture.float() / 255, mean=0.0, sigma=AMOUNT, clip=True)
    return (255 * noisy).round().byte()


TASKS = [
    Task(
        "add-noise",
        {"amount": AMOUNT},
        exact=unchanged,
        host={"OpenCV": opencv, "scikit-image": scikit_image, "NumPy": numpy},
        device={"CuPy": cupy, "torchvision": torchvision},
        tolerance=20,
    )
]
