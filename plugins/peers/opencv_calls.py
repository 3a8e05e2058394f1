"""OpenCV's calls for filters: on arrays (height, width) or (height, width, channels)."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

BORDERS = {
    "reflect": cv2.BORDER_REFLECT,
    "mirror": cv2.BORDER_REFLECT_101,
    "nearest": cv2.BORDER_REPLICATE,
    "constant": cv2.BORDER_CONSTANT,
}
"""OpenCV's names of borders; its filters have no `wrap`."""


def blur(image: Array, sigma: float, border: str = "reflect") -> Array:
    """Return the Gaussian blur, cut off at four standard deviations; of bytes, it rounds twice."""
    _refuse_alpha(image)
    size = 2 * int(4 * sigma + 0.5) + 1
    made: Array = cv2.GaussianBlur(image, (size, size), sigma, borderType=_border(border))
    return made


def box_blur(image: Array, radius: int, border: str) -> Array:
    """Return the mean of the square around each pixel."""
    _refuse_alpha(image)
    made: Array = cv2.blur(image, (2 * radius + 1,) * 2, borderType=_border(border))
    return made


def median(image: Array, radius: int, border: str) -> Array:
    """Return the median; OpenCV's border is `nearest`, so for others the image gets a border before."""
    _refuse_alpha(image)
    size = 2 * radius + 1
    if size > 5 and image.dtype != np.uint8:
        raise LookupError("takes medians of more than 5 x 5 pixels of bytes alone")
    if border == "nearest":
        return np.asarray(cv2.medianBlur(image, size))
    wide = cv2.copyMakeBorder(image, *(radius,) * 4, borderType=_border(border))
    return np.asarray(cv2.medianBlur(wide, size))[radius:-radius, radius:-radius]


def edges(image: Array, operator: str = "sobel", scale: float = 1.0, border: str = "reflect") -> Array:
    """Return the gradient's length, in calls that need an image of one channel at the end."""
    _refuse_alpha(image)
    if operator not in ("sobel", "scharr") or image.dtype != np.uint8:
        raise LookupError("has no call for this gradient")
    slope = cv2.Sobel if operator == "sobel" else cv2.Scharr
    x, y = (slope(image, cv2.CV_32F, *axis, borderType=_border(border)) for axis in ((1, 0), (0, 1)))
    flat = cv2.magnitude(x.reshape(x.shape[0], -1), y.reshape(y.shape[0], -1))
    made: Array = cv2.convertScaleAbs(flat, alpha=scale).reshape(image.shape)
    return made


def grayscale(image: Array, weights: str = "rec601") -> Array:
    """Return the luminance."""
    if weights != "rec601" or image.ndim != 3 or image.shape[2] != 3:
        raise LookupError("has the weights of rec601 alone, for RGB")
    made: Array = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    return made


def invert(image: Array) -> Array:
    """Return the negative."""
    _refuse_alpha(image)
    if image.dtype.kind != "u":
        raise LookupError("has no negative of floats")
    made: Array = cv2.bitwise_not(image)
    return made


def flip(image: Array, direction: str) -> Array:
    """Return the mirrored image."""
    made: Array = cv2.flip(image, {"horizontal": 1, "vertical": 0, "both": -1}[direction])
    return made


def erode(image: Array, radius: int, iterations: int, **other: Any) -> Array:
    """Return the smallest of the samples around each."""
    made: Array = cv2.erode(image, _shape(image, radius, **other), iterations=iterations)
    return made


def dilate(image: Array, radius: int, iterations: int, **other: Any) -> Array:
    """Return the greatest of the samples around each."""
    made: Array = cv2.dilate(image, _shape(image, radius, **other), iterations=iterations)
    return made


def _border(name: str) -> int:
    if name not in BORDERS:
        raise LookupError(f"has no border={name}")
    return BORDERS[name]


def _shape(image: Array, radius: int, shape: str, border: str, footprint: Array) -> Array:
    """Return the shape of a morphological filter; what lies beyond the edge does not count, in OpenCV."""
    _refuse_alpha(image)
    kinds = {"rectangle": cv2.MORPH_RECT, "ellipse": cv2.MORPH_ELLIPSE, "cross": cv2.MORPH_CROSS}
    if border in ("wrap", "constant") or shape not in kinds or np.size(footprint) > 1:
        raise LookupError("has rectangles, ellipses and crosses alone, and leaves out what is beyond the edge")
    made: Array = cv2.getStructuringElement(kinds[shape], (2 * radius + 1,) * 2)
    return made


def _refuse_alpha(image: Array) -> None:
    if image.ndim == 3 and image.shape[2] in (2, 4):
        raise LookupError("filters alpha as it filters a color")
