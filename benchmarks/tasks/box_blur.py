"""The box blur: squares of 5x5, 11x11 and 41x41."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter
from scipy import ndimage
from task import Picture, Task


def exact(picture: Picture, radius: int) -> npt.NDArray[Any]:
    """Return SciPy's mean in float64."""
    size = 2 * radius + 1
    return np.asarray(ndimage.uniform_filter(picture.astype(np.float64), (size, size, 1)))


def opencv(picture: Picture, radius: int) -> Any:
    """Return OpenCV's mean."""
    size = 2 * radius + 1
    return cv2.blur(picture, (size, size), borderType=cv2.BORDER_REFLECT)


def pillow(picture: Picture, radius: int) -> Any:
    """Return Pillow's mean, which repeats the last pixel beyond the border."""
    return Image.fromarray(picture).filter(ImageFilter.BoxBlur(radius))


def cupy(image: Any, radius: int) -> Any:
    """Return CuPy's mean; in bytes it is rounded down after each direction, so up to 2 levels off."""
    from cupyx.scipy import ndimage

    size = 2 * radius + 1
    return ndimage.uniform_filter(image, (size, size, 1))


def kornia(image: Any, radius: int) -> Any:
    """Return kornia's mean, of floats; its "reflect" is our mirror."""
    import torch
    from kornia.filters import box_blur

    size = 2 * radius + 1
    made = box_blur(image[None].float(), (size, size), separable=True)[0]
    return made.round().to(torch.uint8)


def task(radius: int) -> Task:
    """Return the task for one radius."""
    return Task(
        "box-blur",
        {"radius": radius},
        lambda picture: exact(picture, radius),
        {"OpenCV": lambda picture: opencv(picture, radius), "Pillow": lambda picture: pillow(picture, radius)},
        {"CuPy": lambda image: cupy(image, radius), "kornia": lambda image: kornia(image, radius)},
        loose={"CuPy": 2},
        margin=radius,
    )


TASKS = [task(radius) for radius in (2, 5, 20)]
