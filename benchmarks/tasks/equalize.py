"""Equalize, beside OpenCV, scikit-image, CuPy, torchvision and kornia; Pillow, as torchvision and kornia do, counts in
whole steps of a 255th of the pixels.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from PIL import Image, ImageOps
from task import Picture, Task


def opencv(picture: Picture) -> Any:
    """Return OpenCV's, channel by channel."""
    return cv2.merge([cv2.equalizeHist(plane) for plane in cv2.split(picture)])


def scikit_image(picture: Picture) -> Any:
    """Return scikit-image's, in which the darkest level does not become black."""
    from skimage import exposure

    equalize: Any = exposure.equalize_hist
    made = [equalize(plane, nbins=256) for plane in np.moveaxis(picture, -1, 0)]
    return np.rint(255 * np.stack(made, axis=-1)).astype(np.uint8)


def cupy(picture: Any) -> Any:
    """Return OpenCV's formula in CuPy."""
    import cupy as cp

    made = cp.empty_like(picture)
    for channel in range(3):
        counts = cp.bincount(picture[:, :, channel].ravel(), minlength=256)
        darker = cp.cumsum(counts) - counts[cp.argmax(counts > 0)]
        table = cp.rint(darker * (255 / darker[-1])).clip(0, 255).astype(cp.uint8)
        made[:, :, channel] = table[picture[:, :, channel]]
    return made


def torchvision(picture: Any) -> Any:
    """Return torchvision's."""
    from torchvision.transforms.v2 import functional

    return functional.equalize(picture)


def kornia(picture: Any) -> Any:
    """Return kornia's, of floats."""
    from kornia.enhance import equalize

    return (equalize(picture[None].float() / 255)[0] * 255).round().byte()


TASKS = [
    Task(
        "equalize",
        {},
        exact=opencv,
        host={
            "OpenCV": opencv,
            "Pillow": lambda picture: ImageOps.equalize(Image.fromarray(picture)),
            "scikit-image": scikit_image,
        },
        device={"CuPy": cupy, "torchvision": torchvision, "kornia": kornia},
        tolerance=0,
        loose={"Pillow": 1, "scikit-image": 1, "torchvision": 1, "kornia": 2},
    )
]
