"""CLAHE, of the luminance and of each channel, beside OpenCV, scikit-image and kornia.

scikit-image has other tiles, and other limits for what a level may count; kornia interpolates in other places.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from references import gray
from task import Picture, Task


def by_channel(picture: Picture) -> Any:
    """Return OpenCV's, channel by channel."""
    maker = cv2.createCLAHE(2, (8, 8))
    return cv2.merge([maker.apply(plane) for plane in cv2.split(picture)])


def by_luminance(picture: Picture) -> Any:
    """Return each channel changed as OpenCV changes the luminance, with weights of 16 bits."""
    luminance = gray(picture)
    more = cv2.createCLAHE(2, (8, 8)).apply(luminance).astype(int) - luminance
    return np.clip(picture + more[..., None], 0, 255)


def opencv(picture: Picture) -> Any:
    """Return OpenCV's way with a color picture: by the luma of YCrCb."""
    planes = list(cv2.split(cv2.cvtColor(picture, cv2.COLOR_RGB2YCrCb)))
    planes[0] = cv2.createCLAHE(2, (8, 8)).apply(planes[0])
    return cv2.cvtColor(cv2.merge(planes), cv2.COLOR_YCrCb2RGB)


def scikit_image(picture: Picture) -> Any:
    """Return scikit-image's, of the value of HSV."""
    from skimage import exposure

    equalize: Any = exposure.equalize_adapthist
    return np.rint(255 * equalize(picture)).astype(np.uint8)


def kornia(picture: Any) -> Any:
    """Return kornia's, of floats."""
    from kornia.enhance import equalize_clahe

    return (equalize_clahe(picture[None].float() / 255, 2.0, (8, 8))[0] * 255).round().byte()


TASKS = [
    Task(
        "clahe",
        {},
        by_luminance,
        {"OpenCV": opencv, "scikit-image": scikit_image},
        loose={"OpenCV": 4, "scikit-image": 255},
    ),
    Task("clahe", {"per_channel": True}, by_channel, {"OpenCV": by_channel}, {"kornia": kornia}, loose={"kornia": 255}),
]
