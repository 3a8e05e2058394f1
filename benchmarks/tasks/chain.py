"""Per-pixel filters in a row, which become one kernel: the fewest calls of the others are one each."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from references import LUMA
from task import Picture, Task


def exact(picture: Picture) -> npt.NDArray[Any]:
    """Return invert, contrast and saturation, each by 1.5 and each rounded."""
    inverted = 1 - picture / 255
    contrasted = rounded(0.5 + 1.5 * (inverted - 0.5))
    luma = (contrasted @ LUMA)[..., None]
    return 255 * rounded(luma + 1.5 * (contrasted - luma))


def rounded(colors: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return colors as bytes hold them."""
    levels: npt.NDArray[Any] = np.rint(255 * colors.clip(0, 1))
    return levels / 255


def opencv(picture: Picture) -> Any:
    """Return one table for the first two, and a matrix for the last."""
    table = 255 * rounded(0.5 + 1.5 * (0.5 - np.arange(256) / 255))
    return cv2.transform(cv2.LUT(picture, table.astype(np.uint8)), 1.5 * np.eye(3) - 0.5 * LUMA)


def torchvision(picture: Any) -> Any:
    """Return the same calls; its contrast has another pivot, which takes the mean of the picture."""
    from torchvision.transforms.v2 import functional

    return functional.adjust_saturation(functional.adjust_contrast(functional.invert(picture), 1.5), 1.5)


TASKS = [
    Task(
        "invert + contrast + saturation",
        {},
        exact=exact,
        host={"OpenCV": opencv},
        device={"torchvision": torchvision},
        tolerance=2,  # where the one rounds up what the other rounds down, 1.5 times as much after
        loose={"torchvision": 255},
    )
]
