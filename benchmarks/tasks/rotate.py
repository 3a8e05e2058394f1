"""Turning: by a quarter, by a half, and by 7 and 45 degrees within the size of the image."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy import ndimage
from task import Picture, Task

OPENCV = {90.0: cv2.ROTATE_90_COUNTERCLOCKWISE, 180.0: cv2.ROTATE_180}
PILLOW = {90.0: Image.Transpose.ROTATE_90, 180.0: Image.Transpose.ROTATE_180}


def exact(picture: Picture, angle: float) -> npt.NDArray[Any]:
    """Return SciPy's bilinear image in float64, black around it."""
    cosine, sine = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    middle = (np.array(picture.shape[:2]) - 1) / 2
    back = np.array([[cosine, sine], [-sine, cosine]])
    turned = [
        ndimage.affine_transform(plane, back, middle - back @ middle, order=1, mode="grid-constant")
        for plane in np.moveaxis(picture.astype(np.float64), 2, 0)
    ]
    return np.stack(turned, axis=-1)


def opencv(picture: Picture, angle: float) -> Any:
    """Return OpenCV's bilinear image; before OpenCV 5, places were rounded to 32nds of a pixel."""
    height, width = picture.shape[:2]
    turn = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), angle, 1)
    return cv2.warpAffine(picture, turn, (width, height))


def cupy(image: Any, angle: float) -> Any:
    """Return CuPy's bilinear image."""
    from cupyx.scipy import ndimage

    return ndimage.rotate(image, angle, reshape=False, order=1, mode="grid-constant")


def torchvision(image: Any, angle: float) -> Any:
    """Return torchvision's bilinear image."""
    from torchvision.transforms import InterpolationMode
    from torchvision.transforms.v2 import functional

    return functional.rotate(image, angle, InterpolationMode.BILINEAR)


def cupy_quarters(image: Any, count: int) -> Any:
    """Return the image itself, and not only another view of it."""
    import cupy

    return cupy.ascontiguousarray(cupy.rot90(image, count))


def torch_quarters(image: Any, count: int) -> Any:
    """Return what torchvision turns quarters by."""
    import torch

    return torch.rot90(image, count, (1, 2)).contiguous()


def quarters(angle: float) -> Task:
    """Return the task for whole quarters."""
    count = int(angle / 90)
    return Task(
        "rotate",
        {"angle": angle},
        lambda picture: np.rot90(picture, count),
        {
            "OpenCV": lambda picture: cv2.rotate(picture, OPENCV[angle]),
            "Pillow": lambda picture: Image.fromarray(picture).transpose(PILLOW[angle]),
        },
        {"CuPy": lambda image: cupy_quarters(image, count), "torchvision": lambda image: torch_quarters(image, count)},
        tolerance=0,
    )


def degrees(angle: float) -> Task:
    """Return the task for any angle. Pillow leaves out what would be mixed with what is outside of the image."""
    return Task(
        "rotate",
        {"angle": angle, "expand": False},
        lambda picture: exact(picture, angle),
        {
            "OpenCV": lambda picture: opencv(picture, angle),
            "Pillow": lambda picture: Image.fromarray(picture).rotate(angle, Image.Resampling.BILINEAR),
        },
        {"CuPy": lambda image: cupy(image, angle), "torchvision": lambda image: torchvision(image, angle)},
        loose={"OpenCV": 16, "Pillow": 255, "torchvision": 3},
    )


TASKS = [quarters(90.0), quarters(180.0), degrees(7.0), degrees(45.0)]
