"""Convolve, beside OpenCV, Pillow, CuPy and kornia.

OpenCV is told which kernels are separable, and sums the large ones that are not by a Fourier transform.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter
from task import Picture, Task

from imgcuda import Matrix

Kernel = npt.NDArray[np.float64]
SHARPEN = np.array([[0, -1, 0], [-1, 5, -1], [0, -1, 0]], np.float64)


def disc(size: int) -> Kernel:
    """Return what a lens makes of a point that is out of focus."""
    rows, columns = np.mgrid[:size, :size] - size // 2
    inside = np.hypot(rows, columns) <= size / 2
    return np.asarray(inside / inside.sum())


def triangle(size: int) -> Kernel:
    """Return weights that fall evenly from the middle, along rows and columns."""
    line = 1 + np.minimum(np.arange(size), np.arange(size)[::-1])
    return np.asarray(np.outer(line, line) / line.sum() ** 2)


def exact(kernel: Kernel) -> Callable[[Picture], npt.NDArray[Any]]:
    def filtered(picture: Picture) -> npt.NDArray[Any]:
        sums = cv2.filter2D(picture.astype(np.float32), -1, kernel, borderType=cv2.BORDER_REFLECT)
        return np.clip(sums, 0, 255)

    return filtered


def opencv(kernel: Kernel, line: Kernel | None) -> Callable[[Picture], Any]:
    if line is None:
        return lambda picture: cv2.filter2D(picture, -1, kernel, borderType=cv2.BORDER_REFLECT)
    return lambda picture: cv2.sepFilter2D(picture, -1, line, line, borderType=cv2.BORDER_REFLECT)


def pillow(kernel: Kernel) -> Callable[[Picture], Any]:
    filter = ImageFilter.Kernel(kernel.shape, kernel.ravel().tolist(), scale=1)
    return lambda picture: Image.fromarray(picture).filter(filter)


def cupy(kernel: Kernel) -> Callable[[Any], Any]:
    def filtered(picture: Any) -> Any:
        import cupy
        from cupyx.scipy import ndimage

        weights = cupy.asarray(kernel[:, :, None], cupy.float32)
        sums = ndimage.correlate(picture.astype(cupy.float32), weights, mode="reflect")
        return cupy.clip(cupy.rint(sums), 0, 255).astype(cupy.uint8)

    return filtered


def kornia(kernel: Kernel) -> Callable[[Any], Any]:
    def filtered(picture: Any) -> Any:
        import kornia
        import torch

        weights = torch.as_tensor(kernel[None], dtype=torch.float32, device=picture.device)
        (sums,) = kornia.filters.filter2d(picture[None].float(), weights, border_type="reflect")
        return sums.round().clamp(0, 255).to(torch.uint8)

    return filtered


def task(kernel: Kernel, line: Kernel | None = None) -> Task:
    host = {"OpenCV": opencv(kernel, line)}
    if kernel.shape in ((3, 3), (5, 5)):  # those that Pillow has
        host["Pillow"] = pillow(kernel)
    return Task(
        "convolve",
        {"kernel": Matrix.of(kernel), "mode": "correlation"},
        exact=exact(kernel),
        host=host,
        device={"CuPy": cupy(kernel), "kornia": kornia(kernel)},
        margin=len(kernel) // 2,
    )


def separable(size: int) -> Task:
    kernel = triangle(size)
    return task(kernel, kernel.sum(axis=0))


TASKS = [task(SHARPEN), task(disc(5)), task(disc(15)), task(disc(31)), separable(7), separable(31)]
