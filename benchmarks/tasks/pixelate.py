"""Pixelate, beside others' two steps: down to a pixel for each square, and up again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image
from task import Picture, Task

SIZES = (4, 16, 120)
"""Sides that divide those of the pictures, as peers need it: 3840x2160 and 7680x4320."""


def exact(size: int) -> Callable[[Picture], npt.NDArray[Any]]:
    def run(picture: Picture) -> npt.NDArray[Any]:
        height, width, channels = picture.shape
        shape = height // size, size, width // size, size, channels
        means = np.rint(picture.reshape(shape).mean(axis=(1, 3))).astype(np.uint8)
        made: npt.NDArray[Any] = means.repeat(size, axis=0).repeat(size, axis=1)
        return made

    return run


def opencv(size: int) -> Callable[[Picture], Any]:
    def run(picture: Picture) -> Any:
        height, width, _ = picture.shape
        small = cv2.resize(picture, (width // size, height // size), interpolation=cv2.INTER_AREA)
        return cv2.resize(small, (width, height), interpolation=cv2.INTER_NEAREST)

    return run


def pillow(size: int) -> Callable[[Picture], Any]:
    def run(picture: Picture) -> Any:
        image = Image.fromarray(picture)
        return image.reduce(size).resize(image.size, Image.Resampling.NEAREST)

    return run


def scikit_image(size: int) -> Callable[[Picture], Any]:
    def run(picture: Picture) -> Any:
        from skimage.measure import block_reduce

        means = block_reduce(picture, (size, size, 1), np.mean)  # type: ignore[no-untyped-call]
        return np.rint(means).astype(np.uint8).repeat(size, axis=0).repeat(size, axis=1)

    return run


def cupy(size: int) -> Callable[[Any], Any]:
    def run(picture: Any) -> Any:
        import cupy

        height, width, channels = picture.shape
        shape = height // size, size, width // size, size, channels
        means = cupy.rint(picture.reshape(shape).mean(axis=(1, 3), dtype=cupy.float32)).astype(cupy.uint8)
        return means.repeat(size, axis=0).repeat(size, axis=1)

    return run


def torch(size: int) -> Callable[[Any], Any]:
    """torchvision has none of its own: PyTorch's pooling, and its resizing."""

    def run(picture: Any) -> Any:
        from torch.nn import functional

        small = functional.avg_pool2d(picture[None].float(), size).round().byte()
        return functional.interpolate(small, scale_factor=size, mode="nearest")[0]

    return run


TASKS = [
    Task(
        "pixelate",
        {"size": size},
        exact=exact(size),
        host={"OpenCV": opencv(size), "Pillow": pillow(size), "scikit-image": scikit_image(size)},
        device={"CuPy": cupy(size), "torchvision": torch(size)},
    )
    for size in SIZES
]
