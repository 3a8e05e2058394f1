"""The distance transform of a picture's bright parts, beside OpenCV and cuCIM."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from references import gray, opencv_grayscale
from scipy import ndimage
from task import Picture, Task

BRIGHT = 127


def is_bright(picture: Picture) -> npt.NDArray[Any]:
    """Return which pixels are brighter than half, by the weights of the filter."""
    return gray(picture) > BRIGHT


def exact(picture: Picture) -> npt.NDArray[Any]:
    return np.asarray(np.minimum(ndimage.distance_transform_edt(is_bright(picture)), 255))


def opencv(picture: Picture) -> Any:
    mask = cv2.threshold(opencv_grayscale(picture), BRIGHT, 255, cv2.THRESH_BINARY)[1]
    far = cv2.distanceTransform(mask, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return cv2.convertScaleAbs(far)


def cupy(picture: Any) -> Any:
    """Return cuCIM's, of CuPy's luminance."""
    import cupy as cp
    import cupy_filters
    from cucim.core.operations.morphology import distance_transform_edt

    far = distance_transform_edt(cupy_filters.grayscale(picture) > BRIGHT)
    return cp.minimum(cp.rint(far), 255).astype(cp.uint8)


TASKS = [
    Task(
        "distance-transform",
        {},
        exact=exact,
        host={"OpenCV": opencv},
        device={"CuPy": cupy},
        loose={"OpenCV": 255, "CuPy": 255},  # a luminance rounded otherwise is another mask
    )
]
