"""Floyd and Steinberg's error diffusion of each color, beside Pillow's, whose errors are rounded to whole levels."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image
from task import Picture, Task

ONE = 65536


def exact(picture: Picture) -> npt.NDArray[Any]:
    """Return it pixel by pixel; all colors of a pixel at once."""
    samples = np.rint(picture.astype(np.float32) * np.float32(1 / 255) * np.float32(ONE)).astype(np.int64)
    due = np.zeros((picture.shape[0] + 1, picture.shape[1] + 2, 3), np.int64)
    made = np.zeros(picture.shape)
    for y, x in np.ndindex(picture.shape[:2]):
        value = samples[y, x] + (due[y, x + 1] + 8) // 16
        made[y, x] = white = value >= ONE // 2
        error = value - ONE * white
        due[y, x + 2] += 7 * error
        due[y + 1, x : x + 3] += np.outer((3, 5, 1), error)
    return made * 255


def pillow(picture: Picture) -> Any:
    planes = [Image.fromarray(np.ascontiguousarray(picture[..., channel])) for channel in range(3)]
    return Image.merge("RGB", [plane.convert("1").convert("L") for plane in planes])


TASKS = [Task("error-diffusion", {}, exact, host={"Pillow": pillow}, loose={"Pillow": 255})]
