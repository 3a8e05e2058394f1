"""Resizing: to a half by each method, to a twelfth, to four fifths, to twice the size.

OpenCV's methods look at few pixels of an image that shrinks, all but its area: the times stand beside each other, the
pictures are not alike. Pillow takes bytes between columns and rows, and so cuts off what is brighter than white there.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image
from task import Picture, Task

OPENCV = {
    "nearest": cv2.INTER_NEAREST_EXACT,
    "bilinear": cv2.INTER_LINEAR,
    "bicubic": cv2.INTER_CUBIC,
    "lanczos": cv2.INTER_LANCZOS4,
    "area": cv2.INTER_AREA,
}
PILLOW = {
    "nearest": Image.Resampling.NEAREST,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
    "area": Image.Resampling.BOX,
}
ANYTHING = 255


def size(picture: Picture, scale: float) -> tuple[int, int]:
    """Return width and height of the result."""
    return int(picture.shape[1] * scale + 0.5), int(picture.shape[0] * scale + 0.5)


def exact(picture: Picture, method: str, scale: float) -> npt.NDArray[Any]:
    """Return what Pillow makes of floats, and of areas OpenCV, as Pillow's box takes whole pixels."""
    made = size(picture, scale)
    if method == "area":
        return np.asarray(cv2.resize(picture.astype(np.float32), made, interpolation=cv2.INTER_AREA))
    planes = [Image.fromarray(picture[..., channel].astype(np.float32)) for channel in range(3)]
    result = np.stack([np.asarray(plane.resize(made, PILLOW[method])) for plane in planes], axis=-1)
    return np.asarray(np.clip(result, 0, 255))


def opencv(picture: Picture, method: str, scale: float) -> Any:
    """Return OpenCV's image."""
    return cv2.resize(picture, size(picture, scale), interpolation=OPENCV[method])


def pillow(picture: Picture, method: str, scale: float) -> Any:
    """Return Pillow's image."""
    return Image.fromarray(picture).resize(size(picture, scale), PILLOW[method])


def cupy(image: Any, scale: float) -> Any:
    """Return CuPy's image, which is bilinear and looks at few pixels if it shrinks."""
    from cupyx.scipy import ndimage

    return ndimage.zoom(image, (scale, scale, 1), order=1, mode="nearest", grid_mode=True)


def torchvision(image: Any, method: str, scale: float) -> Any:
    """Return torchvision's image, for which all pixels count."""
    from torchvision.transforms import InterpolationMode
    from torchvision.transforms.v2 import functional

    made = [int(length * scale + 0.5) for length in image.shape[1:]]
    return functional.resize(image, made, InterpolationMode(method), antialias=True)


def kornia(image: Any, scale: float) -> Any:
    """Return kornia's mean of areas, which are of whole pixels."""
    import torch
    from kornia.geometry.transform import resize

    made = tuple(int(length * scale + 0.5) for length in image.shape[1:])
    return resize(image[None].float(), made, interpolation="area")[0].round().to(torch.uint8)


def task(method: str, scale: float) -> Task:
    """Return the task for one method and scale."""
    whole = scale > 1 or (1 / scale).is_integer()  # pixels of one size are whole pixels of the other
    device = {}
    if method in ("bilinear", "bicubic"):
        device["torchvision"] = lambda image: torchvision(image, method, scale)
    if method == "bilinear" and scale > 1:
        device["CuPy"] = lambda image: cupy(image, scale)
    if method == "area" and whole:
        device["kornia"] = lambda image: kornia(image, scale)
    loose = {"Pillow": ANYTHING if method in ("bicubic", "lanczos") or (method == "area" and not whole) else 2}
    if method not in ("area", "nearest"):
        loose["OpenCV"] = 3 if method == "bilinear" and scale > 1 else ANYTHING
    return Task(
        "resize",
        {"method": method, "scale": scale},
        lambda picture: exact(picture, method, scale),
        {
            "OpenCV": lambda picture: opencv(picture, method, scale),
            "Pillow": lambda picture: pillow(picture, method, scale),
        },
        device,
        loose=loose,
    )


TASKS = [
    *(task(method, 0.5) for method in ("area", "bilinear", "bicubic", "lanczos")),
    *(task("nearest", scale) for scale in (1 / 3, 3.0)),  # where no middle of a pixel lies between two
    *(task("lanczos", scale) for scale in (1 / 12, 0.8, 2.0)),
    task("area", 0.8),
    *(task(method, 2.0) for method in ("bilinear", "bicubic")),
]
