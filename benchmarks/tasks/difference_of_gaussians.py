"""The difference of two Gaussians, beside OpenCV, scikit-image, CuPy and kornia."""

from __future__ import annotations

from typing import Any

import cupy_filters
import numpy as np
import numpy.typing as npt
from references import gaussian, rounded
from skimage.filters import difference_of_gaussians
from task import Picture, Task

LOW, HIGH, SCALE = 1.0, 1.6, 4.0


def difference(picture: npt.NDArray[Any]) -> npt.NDArray[Any]:
    floats = picture.astype(np.float32)
    return np.asarray(np.clip(SCALE * (gaussian(floats, LOW) - gaussian(floats, HIGH)), 0, 255))


def scikit_image(picture: Picture) -> Any:
    theirs: Any = difference_of_gaussians
    made = theirs(picture.astype(np.float32), LOW, HIGH, mode="reflect", channel_axis=2)
    return np.clip(SCALE * made, 0, 255).round().astype(np.uint8)


def cupy(picture: Any) -> Any:
    import cupy

    floats = picture.astype(cupy.float32)
    made = SCALE * (cupy_filters.blur(floats, LOW) - cupy_filters.blur(floats, HIGH))
    return cupy.clip(cupy.rint(made), 0, 255).astype(cupy.uint8)


TASKS = [
    Task(
        "difference-of-gaussians",
        {"low_sigma": LOW, "high_sigma": HIGH, "scale": SCALE},
        exact=difference,
        host={"OpenCV": rounded(difference), "scikit-image": scikit_image},
        device={"CuPy": cupy},
        margin=6,
    )
]
