"""What the tests of morphology share: SciPy's filters of one channel, and OpenCV's and scikit-image's shapes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import skimage.morphology

from support.references import by_channels, has_alpha

Image = npt.NDArray[Any]
Operation = Callable[..., Image]

TOLERANCE = {"uint8": 0, "uint16": 0, "float32": 1e-7}
OF_ALPHA = {"uint8": 1, "uint16": 1, "float32": 1e-6}
"""Levels, or for floats, which are random from 0 to 1, that much; with alpha, a color is a quotient."""

ODD = np.array([[0, 1, 1, 0, 1], [1, 0, 0, 0, 0], [0, 0, 1, 1, 0]])
"""A footprint without any symmetry, with rows of two runs and a pixel that does not count in the middle of one."""

SIZES: list[dict[str, Any]] = [{}, {"radius": 8, "shape": "ellipse"}, {"radius": 9}]
"""Parameters that take each way: few pixels, many in a shape, and a rectangle as rows and columns."""


def tolerance(image: Image) -> float:
    return (OF_ALPHA if has_alpha(image) else TOLERANCE)[image.dtype.name]


def tolerance_of_differences(image: Image) -> float:
    """Return the tolerance where differences of up to 1 are divided by the alpha of a pixel, which may be small."""
    allowed = tolerance(image)
    return allowed / float(image[..., -1].min()) if has_alpha(image) and image.dtype.kind == "f" else allowed


def shape_of(shape: str = "rectangle", radius: int = 1) -> Image:
    """Return a shape as OpenCV, or scikit-image, has it."""
    if shape in ("disk", "diamond"):
        return np.asarray(getattr(skimage.morphology, shape)(radius))
    kinds = {"rectangle": cv2.MORPH_RECT, "ellipse": cv2.MORPH_ELLIPSE, "cross": cv2.MORPH_CROSS}
    return np.asarray(cv2.getStructuringElement(kinds[shape], (2 * radius + 1,) * 2))


def scipys(operation: Operation, keep_alpha: bool = False) -> Callable[..., Image]:
    """Return the reference of a filter: SciPy's operation on each channel."""

    def expected(image: Image, border: str = "reflect", **size: Any) -> Image:
        footprint = shape_of(**size)
        return by_channels(image, lambda plane: operation(plane, footprint=footprint, mode=border), keep_alpha)

    return expected
