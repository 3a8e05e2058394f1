"""Local contrast: the difference between the luminance and its blur is added, beside OpenCV."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from references import LUMA
from task import Picture, Task

SIGMA, AMOUNT, SIZE = 10.0, 0.5, 81


def exact(picture: Picture) -> npt.NDArray[Any]:
    floats = picture.astype(np.float32)
    luminance = floats @ LUMA.astype(np.float32)
    blurred = cv2.GaussianBlur(luminance, (SIZE, SIZE), SIGMA, borderType=cv2.BORDER_REFLECT)
    return np.asarray(np.clip(floats + AMOUNT * (luminance - blurred)[..., None], 0, 255))


def opencv(picture: Picture) -> Any:
    """Return OpenCV's, of bytes: it rounds the luminance and its blur."""
    gray = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    blurred = cv2.GaussianBlur(gray, (SIZE, SIZE), SIGMA, borderType=cv2.BORDER_REFLECT)
    more = cv2.subtract(gray, blurred, dtype=cv2.CV_16S)
    made = cv2.addWeighted(picture, 1, cv2.merge([more] * 3), AMOUNT, 0, dtype=cv2.CV_32F)
    return made.clip(0, 255).round()


TASKS = [
    Task(
        "local-contrast",
        {"sigma": SIGMA, "amount": AMOUNT},
        exact=exact,
        host={"OpenCV": opencv},
        loose={"OpenCV": 2},
        margin=SIZE // 2,
    )
]
