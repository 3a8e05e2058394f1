"""Reinhard's global operator, beside the formula in NumPy and CuPy; OpenCV has only the one of 2005."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from references import rounded
from task import Picture, Task


def operator(levels: Any, library: Any) -> Any:
    """Return what becomes of a color picture, in a library's arrays."""
    value = levels / 255
    light = library.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    luminance = 0.2126 * light[..., :1] + 0.7152 * light[..., 1:2] + 0.0722 * light[..., 2:]
    gain = 0.18 / library.exp(library.log(luminance + 1e-5).mean())
    scaled = gain * luminance
    made = light * gain * (1 + scaled / scaled.max() ** 2) / (1 + scaled)
    encoded = library.where(made <= 0.0031308, 12.92 * made, 1.055 * library.maximum(made, 1e-9) ** (1 / 2.4) - 0.055)
    return library.clip(255 * encoded, 0, 255)


def exact(picture: Picture) -> npt.NDArray[Any]:
    return np.asarray(operator(picture, np))


def cupy(picture: Any) -> Any:
    import cupy

    return cupy.rint(operator(picture.astype(cupy.float32), cupy)).astype(cupy.uint8)


TASKS = [Task("tone-map", {}, exact, host={"NumPy": rounded(exact)}, device={"CuPy": cupy})]
