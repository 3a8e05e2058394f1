"""What the filters must give, in floating point; and the fewest calls of OpenCV that give nearly the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from imgcuda_plugins.peers import opencv_calls

Pixels = npt.NDArray[Any]

opencv_blur: Callable[..., Pixels] = opencv_calls.blur
opencv_edges: Callable[..., Pixels] = opencv_calls.edges
opencv_grayscale: Callable[..., Pixels] = opencv_calls.grayscale
gaussian = opencv_blur

LUMA = np.array([19595, 38470, 7471]) / 65536
"""The weights of red, green and blue in the luminance of Rec. 601, with the 16 bits that imgcuda's filters have."""


def gray(picture: Pixels) -> Pixels:
    """Return the luminance of a picture of bytes, rounded to bytes."""
    return np.rint(picture @ LUMA).astype(np.uint8)


def rounded(exact: Callable[[Pixels], Pixels]) -> Callable[[Pixels], Pixels]:
    """Return a peer that makes the exact result, from 0 to 255, and rounds it to bytes."""
    return lambda picture: np.rint(exact(picture)).astype(np.uint8)


def blur(picture: Pixels, sigma: float) -> Pixels:
    """Return the Gaussian blur, rounded to bytes."""
    return _levels(gaussian(picture.astype(np.float32), sigma))


def edges(picture: Pixels) -> Pixels:
    """Return the length of the gradient by Sobel."""
    exact = picture.astype(np.float32)
    x, y = (cv2.Sobel(exact, cv2.CV_32F, *axis, borderType=cv2.BORDER_REFLECT) for axis in ((1, 0), (0, 1)))
    return _levels(np.hypot(x, y))


def grayscale(picture: Pixels) -> Pixels:
    """Return the brightness as of Rec. 601."""
    return _levels(picture.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32))


EXACT: dict[str, Callable[..., Pixels]] = {"blur": blur, "edges": edges, "grayscale": grayscale}
OPENCV = {"blur": opencv_blur, "edges": opencv_edges, "grayscale": opencv_grayscale}


def check(who: str, got: Pixels, wanted: Pixels, tolerance: int, margin: int = 0) -> None:
    """Raise ValueError if a result is further off than that, leaving out a margin where borders differ."""
    inner = (slice(margin, -margin or None),) * 2
    mine, other = got[inner], wanted[inner]
    if mine.shape != other.shape:
        raise ValueError(f"{who}: the result is {got.shape}, and not {wanted.shape}")
    off = int((np.maximum(mine, other) - np.minimum(mine, other)).max())
    if off > tolerance:
        raise ValueError(f"{who}: {off} levels off; at most {tolerance} are allowed")


def _levels(exact: Pixels) -> Pixels:
    """Return bytes."""
    return np.clip(np.rint(exact), 0, 255).astype(np.uint8)
