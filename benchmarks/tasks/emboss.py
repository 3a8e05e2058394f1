"""The relief, lit from the upper left."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter
from scipy import ndimage
from task import Picture, Task

KERNEL = np.array([[-2, -1, 0], [-1, 0, 1], [0, 1, 2]]) / (3 * 2**0.5)
GRAY = 128


def exact(picture: Picture) -> npt.NDArray[Any]:
    """Return SciPy's correlation in float64."""
    return np.asarray(np.clip(GRAY + ndimage.correlate(picture.astype(np.float64), KERNEL[:, :, None]), 0, 255))


def pillow(picture: Picture) -> Any:
    """Return Pillow's correlation, whose kernels begin below, and which leaves pixels at the border as they are."""
    return Image.fromarray(picture).filter(ImageFilter.Kernel((3, 3), KERNEL[::-1].ravel().tolist(), 1, GRAY))


def cupy(image: Any) -> Any:
    """Return CuPy's correlation, of floats."""
    import cupy
    from cupyx.scipy import ndimage

    made = GRAY + ndimage.correlate(image.astype(cupy.float32), cupy.asarray(KERNEL[:, :, None], cupy.float32))
    return cupy.clip(cupy.rint(made), 0, 255).astype(cupy.uint8)


def kornia(image: Any) -> Any:
    """Return kornia's correlation, of floats; its "reflect" is our mirror."""
    import torch
    from kornia.filters import filter2d

    kernel = torch.as_tensor(KERNEL, dtype=torch.float32, device=image.device)
    return (GRAY + filter2d(image[None].float(), kernel[None])[0]).round().clamp(0, 255).to(torch.uint8)


TASKS = [
    Task(
        "emboss",
        {},
        exact,
        {
            "OpenCV": lambda picture: cv2.filter2D(picture, -1, KERNEL, delta=GRAY, borderType=cv2.BORDER_REFLECT),
            "Pillow": pillow,
        },
        {"CuPy": cupy, "kornia": kornia},
        margin=1,
    )
]
