"""The bilateral filter: circles of 5 pixels to either side, and of 2."""

from __future__ import annotations

from itertools import product
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from task import Picture, Task


def radius(sigma_space: float) -> int:
    """Return how far the circle reaches."""
    return int(1.5 * sigma_space + 0.5)


def exact(picture: Picture, sigma_space: float, sigma_color: float) -> npt.NDArray[Any]:
    """Return the filter by its definition, in float32: shifted copies of the picture, each with its weights."""
    reach, (height, width) = radius(sigma_space), picture.shape[:2]
    around = np.pad(picture, [(reach, reach), (reach, reach), (0, 0)], "symmetric").astype(np.float32)
    here = around[reach : reach + height, reach : reach + width]
    total, mean = np.zeros((height, width, 1), np.float32), np.zeros(here.shape, np.float32)
    for y, x in product(range(-reach, reach + 1), repeat=2):
        if x * x + y * y <= reach * reach:
            there = around[reach + y : reach + y + height, reach + x : reach + x + width]
            color = np.abs(there - here).sum(axis=2, keepdims=True) / 255
            weight = np.exp(-0.5 * ((x * x + y * y) / sigma_space**2 + color**2 / sigma_color**2))
            total += weight
            mean += weight * there
    return np.asarray(mean / total)


def opencv(picture: Picture, sigma_space: float, sigma_color: float) -> Any:
    """Return OpenCV's filter."""
    size = 2 * radius(sigma_space) + 1
    return cv2.bilateralFilter(picture, size, 255 * sigma_color, sigma_space, borderType=cv2.BORDER_REFLECT)


def kornia(image: Any, sigma_space: float, sigma_color: float) -> Any:
    """Return kornia's filter, of floats, in a square rather than a circle; its "reflect" is our mirror."""
    import torch
    from kornia.filters import bilateral_blur

    size = 2 * radius(sigma_space) + 1
    made = bilateral_blur(image[None] / 255, size, sigma_color, (sigma_space, sigma_space), color_distance_type="l1")
    return (255 * made[0]).round().to(torch.uint8)


def task(sigma_space: float, sigma_color: float = 0.1) -> Task:
    """Return the task for one pair of sigmas."""
    return Task(
        "bilateral",
        {"sigma_space": sigma_space, "sigma_color": sigma_color},
        lambda picture: exact(picture, sigma_space, sigma_color),
        {"OpenCV": lambda picture: opencv(picture, sigma_space, sigma_color)},
        {"kornia": lambda image: kornia(image, sigma_space, sigma_color)},
        loose={"kornia": 8},  # the corners of the square: on noise up to 4 levels
        margin=radius(sigma_space),
    )


TASKS = [task(3), task(1.5)]
