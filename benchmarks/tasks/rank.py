"""The upper quartile of a square, beside SciPy, Pillow and CuPy: OpenCV has the median alone."""

from __future__ import annotations

from typing import Any

import numpy as np
from PIL import Image, ImageFilter
from scipy import ndimage
from task import Picture, Task

PERCENTILE = 75


def task(radius: int) -> Task:
    """Return the task of a square of one size."""
    side = 2 * radius + 1

    def scipy(picture: Picture) -> Any:
        return np.asarray(ndimage.percentile_filter(picture, PERCENTILE, size=(side, side, 1)))

    def pillow(picture: Picture) -> Any:
        return Image.fromarray(picture).filter(ImageFilter.RankFilter(side, side * side * PERCENTILE // 100))

    def cupy(picture: Any) -> Any:
        from cupyx.scipy import ndimage

        return ndimage.percentile_filter(picture, PERCENTILE, size=(side, side, 1))

    parameters = {"radius": radius, "percentile": PERCENTILE}
    host = {"SciPy": scipy, "Pillow": pillow}
    return Task("rank", parameters, scipy, host, {"CuPy": cupy}, tolerance=0, margin=radius)


TASKS = [task(1), task(2)]
