"""Chromatic aberration, beside an affine warp of each color by OpenCV."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from sampled import projected
from task import Picture, Task

SCALES = (1.01, 1.0, 0.99)


def about_the_middle(picture: Picture, scale: float) -> Any:
    """Return the matrix that scales a picture about its middle."""
    y, x = ((side - 1) / 2 for side in picture.shape[:2])
    return np.array([[scale, 0, x * (1 - scale)], [0, scale, y * (1 - scale)], [0, 0, 1]])


def exact(picture: Picture) -> Any:
    """Return SciPy's samples of each color."""
    made = [projected(picture, about_the_middle(picture, 1 / scale)) for scale in SCALES]
    return np.stack([each[..., channel] for channel, each in enumerate(made)], axis=-1)


def opencv(picture: Picture) -> Any:
    """Return OpenCV's warps, merged."""
    size = picture.shape[1::-1]
    planes = zip(cv2.split(picture), SCALES, strict=True)
    return cv2.merge([cv2.warpAffine(plane, about_the_middle(picture, scale)[:2], size) for plane, scale in planes])


TASKS = [Task("chromatic-aberration", {"border": "constant"}, exact, {"OpenCV": opencv}, loose={"OpenCV": 16})]
