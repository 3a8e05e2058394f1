"""The Laplacian of the Gaussian, beside OpenCV and CuPy."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from scipy import ndimage
from task import Picture, Task

SIGMA, SCALE = 2.0, 4.0


def curve(picture: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return SciPy's, in floats."""
    planes = [ndimage.gaussian_laplace(plane, SIGMA) for plane in np.moveaxis(picture.astype(np.float32), 2, 0)]
    return np.asarray(np.clip(SCALE * np.stack(planes, axis=2), 0, 255))


def opencv(picture: Picture) -> Any:
    """Return OpenCV's by the same weights, along columns and rows."""
    x = np.arange(-8, 9)
    blur = np.exp(-0.5 * (x / SIGMA) ** 2)
    blur /= blur.sum()
    bend = ((x / SIGMA**2) ** 2 - 1 / SIGMA**2) * blur
    down = cv2.sepFilter2D(picture, cv2.CV_32F, blur, bend, borderType=cv2.BORDER_REFLECT)
    along = cv2.sepFilter2D(picture, cv2.CV_32F, bend, blur, borderType=cv2.BORDER_REFLECT)
    return np.clip(SCALE * (down + along), 0, 255).round().astype(np.uint8)


def cupy(picture: Any) -> Any:
    import cupy
    from cupyx.scipy import ndimage as on_gpu

    planes = [on_gpu.gaussian_laplace(picture[..., channel].astype(cupy.float32), SIGMA) for channel in range(3)]
    return cupy.clip(cupy.rint(SCALE * cupy.stack(planes, axis=2)), 0, 255).astype(cupy.uint8)


TASKS = [
    Task(
        "laplacian-of-gaussian",
        {"sigma": SIGMA, "scale": SCALE},
        exact=curve,
        host={"OpenCV": opencv},
        device={"CuPy": cupy},
    )
]
