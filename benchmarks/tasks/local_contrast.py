"""Local contrast: the difference between the luminance and its blur is added, beside OpenCV."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from references import LUMA, gaussian
from task import Picture, Task

SIGMA, AMOUNT = 10.0, 0.5


def exact(picture: Picture) -> npt.NDArray[Any]:
    floats = picture.astype(np.float32)
    luminance = floats @ LUMA.astype(np.float32)
    blurred = gaussian(luminance, SIGMA)
    return np.asarray(np.clip(floats + AMOUNT * (luminance - blurred)[..., None], 0, 255))


def opencv(picture: Picture) -> Any:
    """Return OpenCV's, of bytes: it rounds the luminance and its blur."""
    gray = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    blurred = gaussian(gray, SIGMA)
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
        margin=int(4 * SIGMA),
    )
]
