"""What an array must be to be an image, and what its channels and sample type mean."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from imgcuda.errors import ImageError, shown
from imgcuda.programs.source import PIXEL_TYPES


def has_alpha(channels: int) -> bool:
    """Return whether an image of this many channels has alpha, as its last channel: true for 2 and 4 channels."""
    return channels in (2, 4)


def color_channels(channels: int) -> int:
    """Return how many of an image's channels are color: 1 for gray, 3 for RGB, with alpha or without."""
    return channels - has_alpha(channels)


def white_level(dtype: npt.DTypeLike) -> int:
    """Return the sample value of white, and of opaque: 255 for uint8, 65535 for uint16, 1 for float32."""
    kind = np.dtype(dtype)
    return 1 if kind.kind == "f" else int(np.iinfo(kind).max)


def as_array(value: object) -> npt.NDArray[Any]:
    """Return a value as a NumPy array; ImageError if NumPy cannot make an array of it."""
    try:
        return np.asarray(value)
    except MemoryError:
        raise
    except Exception as error:  # raised by another library's class, or by nested lists of different lengths
        raise ImageError(f"an image must be an array; got {shown(value)}") from error


def as_image(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return an array as (height, width, channels), C-contiguous; ImageError if it is not an image."""
    if array.dtype not in PIXEL_TYPES:
        types = ", ".join(dtype.name for dtype in PIXEL_TYPES)
        raise ImageError(f"an image's samples must be {types}; got {array.dtype}; convert with array.astype")
    if array.ndim not in (2, 3) or (array.ndim == 3 and not 1 <= array.shape[2] <= 4):
        raise ImageError(
            f"an image must be (height, width) or (height, width, 1 to 4 channels); got shape {array.shape}"
        )
    if array.size == 0:
        raise ImageError(f"an image must have at least one pixel; got shape {array.shape}")
    return np.ascontiguousarray(array if array.ndim == 3 else array[:, :, None])
