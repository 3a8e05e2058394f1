"""Hue, beside OpenCV, which turns it in HSV of bytes, scikit-image, torchvision and kornia."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from references import rounded
from skimage.color import hsv2rgb, rgb2hsv
from task import Picture, Task

DEGREES = 90.0


def exact(picture: Picture) -> npt.NDArray[Any]:
    turned = rgb2hsv(picture)
    turned[..., 0] = (turned[..., 0] + DEGREES / 360) % 1
    return np.asarray(255 * hsv2rgb(turned))


def opencv(picture: Picture) -> Any:
    """Return what OpenCV makes of bytes, whose hues are 256 and whose saturations are rounded."""
    hsv = cv2.cvtColor(picture, cv2.COLOR_RGB2HSV_FULL)
    channels = list(cv2.split(hsv))
    channels[0] = channels[0] + np.uint8(DEGREES * 256 / 360)
    return cv2.cvtColor(cv2.merge(channels), cv2.COLOR_HSV2RGB_FULL)


def torchvision(picture: Any) -> Any:
    from torchvision.transforms.v2 import functional

    return functional.adjust_hue(picture, DEGREES / 360)


def kornia(picture: Any) -> Any:
    """Return what it makes of floats, which it takes only."""
    import kornia
    import torch

    turned = kornia.enhance.adjust_hue(picture[None] / 255, np.pi * DEGREES / 180)[0]
    return (255 * turned).round().to(torch.uint8)


TASKS = [
    Task(
        "hue",
        {"degrees": DEGREES},
        exact,
        {"OpenCV": opencv, "scikit-image": rounded(exact)},
        {"torchvision": torchvision, "kornia": kornia},
        loose={"OpenCV": 12, "torchvision": 2},
    )
]
