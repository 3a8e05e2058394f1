"""CuPy's calls for filters: on arrays on a GPU, (height, width) or (height, width, channels)."""

from __future__ import annotations

from typing import Any


def blur(image: Any, sigma: float, border: str = "reflect") -> Any:
    """Return the Gaussian; in bytes it is cut off after each direction, so up to 3 levels off."""
    from cupyx.scipy import ndimage

    return ndimage.gaussian_filter(image, (sigma, sigma, 0)[: image.ndim], mode=border)


def edges(image: Any, operator: str = "sobel", scale: float = 1.0, border: str = "reflect") -> Any:
    """Return Sobel's gradient length. `ndimage.sobel` would smooth across the channels, too."""
    import cupy
    from cupyx.scipy import ndimage

    if (operator, scale, border) != ("sobel", 1, "reflect") or image.dtype != "uint8":
        raise LookupError("has edges of 8 bits with the default parameters alone")
    slope, smooth, exact = cupy.asarray([-1, 0, 1.0]), cupy.asarray([1, 2, 1.0]), image.astype(cupy.float32)
    x, y = (ndimage.correlate1d(ndimage.correlate1d(exact, slope, axis), smooth, 1 - axis) for axis in (1, 0))
    return cupy.minimum(cupy.rint(cupy.hypot(x, y)), 255).astype(cupy.uint8)


def grayscale(image: Any, weights: str = "rec601") -> Any:
    """Return the brightness as of Rec. 601."""
    import cupy

    if weights != "rec601" or image.ndim != 3 or image.shape[2] != 3 or image.dtype != "uint8":
        raise LookupError("has the weights of rec601 alone, for RGB of 8 bits")
    factors = cupy.asarray([0.299, 0.587, 0.114], cupy.float32)
    return cupy.rint(image.astype(cupy.float32) @ factors).astype(cupy.uint8)
