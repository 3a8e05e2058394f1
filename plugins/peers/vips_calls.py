"""libvips's calls for filters, through pyvips. It computes nothing until the result is asked for."""

from __future__ import annotations

from typing import Any

SMALLEST_WEIGHT = 0.001
"""Where libvips cuts off the Gaussian at the latest: at 3.7 standard deviations."""


def blur(image: Any, sigma: float, border: str) -> Any:
    """Return the Gaussian blur, in floating point until it is rounded."""
    _refuse(image, border)
    made = image.cast("float").gaussblur(sigma, precision="float", min_ampl=SMALLEST_WEIGHT)
    return made if image.format == "float" else made.rint().cast(image.format)


def median(image: Any, radius: int, border: str) -> Any:
    """Return the median of the square around each pixel."""
    _refuse(image, border)
    return image.median(2 * radius + 1)


def invert(image: Any) -> Any:
    """Return the negative."""
    if image.bands in (2, 4) or image.format == "float":
        raise LookupError("inverts alpha, too, and floats in another way")
    return image.invert()


def flip(image: Any, direction: str) -> Any:
    """Return the mirrored image."""
    return image.rot180() if direction == "both" else image.flip(direction)


def _refuse(image: Any, border: str) -> None:
    """Raise LookupError for another border than libvips's, and for alpha, which it filters as it filters a color."""
    if border != "nearest" or image.bands in (2, 4):
        raise LookupError("has this filter with border=nearest alone, and without alpha")
