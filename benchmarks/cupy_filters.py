"""The nearest that CuPy has to the filters: from an image on the device to another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def blur(image: Any, sigma: float) -> Any:
    """Return the Gaussian; in bytes it is cut off after each direction, so up to 3 levels off."""
    from cupyx.scipy import ndimage

    return ndimage.gaussian_filter(image, (sigma, sigma, 0))


def edges(image: Any) -> Any:
    """Return Sobel's gradient length. `ndimage.sobel` would smooth across the channels, too."""
    import cupy
    from cupyx.scipy import ndimage

    slope, smooth, exact = cupy.asarray([-1, 0, 1.0]), cupy.asarray([1, 2, 1.0]), image.astype(cupy.float32)
    x, y = (ndimage.correlate1d(ndimage.correlate1d(exact, slope, axis), smooth, 1 - axis) for axis in (1, 0))
    return cupy.minimum(cupy.rint(cupy.hypot(x, y)), 255).astype(cupy.uint8)


def grayscale(image: Any) -> Any:
    """Return the brightness as of Rec. 601."""
    import cupy

    weights = cupy.asarray([0.299, 0.587, 0.114], cupy.float32)
    return cupy.rint(image.astype(cupy.float32) @ weights).astype(cupy.uint8)


FILTERS: dict[str, Callable[..., Any]] = {"blur": blur, "edges": edges, "grayscale": grayscale}
