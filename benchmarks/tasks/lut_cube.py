"""The LUT, beside Pillow, CuPy, and PyTorch's grid_sample under torchvision's name: all of these are trilinear.

The look changes each color by itself, so that trilinear and tetrahedral interpolation find the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter
from task import Picture, Task

POWERS, GAINS = (0.8, 1.0, 1.3), (1.0, 0.95, 0.85)


def curves(size: int) -> npt.NDArray[np.float64]:
    """Return what becomes of `size` levels of each color, from 0 to 1."""
    return np.asarray(np.linspace(0, 1, size)[:, None] ** POWERS * GAINS)


def table(size: int) -> npt.NDArray[np.float64]:
    """Return the look of all colors, by red, green and blue."""
    return np.stack(np.meshgrid(*curves(size).T, indexing="ij"), axis=-1)


def exact(size: int) -> Callable[[Picture], npt.NDArray[Any]]:
    steps, looks = np.linspace(0, 255, size), curves(size)
    results = [255 * np.interp(np.arange(256), steps, looks[:, channel]) for channel in range(3)]
    return lambda picture: np.stack([results[channel][picture[:, :, channel]] for channel in range(3)], axis=-1)


def pillow(size: int) -> Callable[[Picture], Any]:
    filter = ImageFilter.Color3DLUT(size, table(size).transpose(2, 1, 0, 3).ravel().tolist())
    return lambda picture: Image.fromarray(picture).filter(filter)


def cupy(size: int) -> Callable[[Any], Any]:
    colors = table(size)

    def looked_up(picture: Any) -> Any:
        import cupy
        from cupyx.scipy import ndimage

        places = picture.transpose(2, 0, 1) * cupy.float32((size - 1) / 255)
        look = cupy.asarray(colors, cupy.float32)
        made = [ndimage.map_coordinates(look[..., channel], places, order=1) for channel in range(3)]
        return cupy.rint(255 * cupy.stack(made, axis=-1)).astype(cupy.uint8)

    return looked_up


def torch(size: int) -> Callable[[Any], Any]:
    colors = table(size).transpose(3, 2, 1, 0)

    def looked_up(picture: Any) -> Any:
        import torch

        look = torch.as_tensor(colors[None].copy(), dtype=torch.float32, device=picture.device)
        places = picture.permute(1, 2, 0)[None, None] * (2 / 255) - 1
        made = torch.nn.functional.grid_sample(look, places, align_corners=True)
        return (255 * made[0, :, 0]).round().to(torch.uint8)

    return looked_up


def task(size: int) -> Task:
    return Task(
        "lut-cube",
        {"lut": table(size)},
        exact=exact(size),
        host={"Pillow": pillow(size)},
        device={"CuPy": cupy(size), "torchvision": torch(size)},
    )


TASKS = [task(size) for size in (17, 33, 65)]
