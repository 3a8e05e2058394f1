"""The unsharp mask, beside OpenCV, Pillow, scikit-image, CuPy and kornia.

OpenCV rounds the blur to bytes, so it is a level or two off; Pillow's blur is three boxes, which is something else.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cupy_filters
import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter
from references import gaussian
from skimage.filters import unsharp_mask
from task import Picture, Task


def size(sigma: float) -> int:
    return 2 * int(4 * sigma + 0.5) + 1


def exact(sigma: float) -> Callable[[Picture], npt.NDArray[Any]]:
    def sharpened(picture: Picture) -> npt.NDArray[Any]:
        floats = picture.astype(np.float32)
        return np.asarray(np.clip(2 * floats - gaussian(floats, sigma), 0, 255))

    return sharpened


def opencv(sigma: float) -> Callable[[Picture], Any]:
    return lambda picture: cv2.addWeighted(picture, 2, gaussian(picture, sigma), -1, 0)


def pillow(sigma: float) -> Callable[[Picture], Any]:
    filter = ImageFilter.UnsharpMask(radius=sigma, percent=100, threshold=0)
    return lambda picture: Image.fromarray(picture).filter(filter)


def scikit_image(sigma: float) -> Callable[[Picture], Any]:
    def sharpened(picture: Picture) -> Any:
        made = unsharp_mask(picture, sigma, 1, preserve_range=True, channel_axis=2)  # type: ignore[no-untyped-call]
        return np.clip(made, 0, 255)

    return sharpened


def cupy(sigma: float) -> Callable[[Any], Any]:
    def sharpened(picture: Any) -> Any:
        import cupy

        floats = picture.astype(cupy.float32)
        made = 2 * floats - cupy_filters.blur(floats, sigma)
        return cupy.clip(cupy.rint(made), 0, 255).astype(cupy.uint8)

    return sharpened


def kornia(sigma: float) -> Callable[[Any], Any]:
    def sharpened(picture: Any) -> Any:
        import kornia
        import torch

        (made,) = kornia.filters.unsharp_mask(picture[None].float(), size(sigma), (sigma, sigma), "reflect")
        return made.round().clamp(0, 255).to(torch.uint8)

    return sharpened


def task(sigma: float) -> Task:
    return Task(
        "unsharp-mask",
        {"sigma": sigma},
        exact=exact(sigma),
        host={"OpenCV": opencv(sigma), "Pillow": pillow(sigma), "scikit-image": scikit_image(sigma)},
        device={"CuPy": cupy(sigma), "kornia": kornia(sigma)},
        loose={"OpenCV": 2, "Pillow": 255},
        margin=size(sigma) // 2,
    )


TASKS = [task(sigma) for sigma in (1, 3, 10)]
