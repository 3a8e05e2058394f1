"""What an array must be to be an image, and what its channels and sample type mean."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from imgcuda.errors import ImageError, shown
from imgcuda.programs.source import PIXEL_TYPES

COMPUTED_AS = {"float16": "float32", "float64": "float32"}
"""Types of samples, by name, that are computed as another, while the result has their own: after the whole chain it is
rounded to float16; as float64 it has the precision and the range of float32."""

BFLOAT16 = "bfloat16"
"""A type of ml_dtypes that NumPy's arrays may have, as those of JAX do. It is computed as float32, too."""

MOST_CHANNELS = 4
"""The most channels of an image that one run of a kernel takes; images of more run in groups of them."""

CHANNEL_NAMES = {
    1: ("gray",),
    2: ("gray", "alpha"),
    3: ("red", "green", "blue"),
    4: ("red", "green", "blue", "alpha"),
}
"""What the channels of an image are called, by how many it has."""

Hint = Callable[[tuple[int, ...]], str]
"""Returns what to add to a message about a shape that is no image's."""


def _no_hint(shape: tuple[int, ...]) -> str:
    return ""


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
    """Return a value as a NumPy array; ImageError if NumPy cannot make an array of it, or would lose its mask."""
    if isinstance(value, _masked_arrays()):
        raise ImageError(
            "an image has no mask, and a masked array's would be lost; filter array.filled(value), "
            "and mask the result: numpy.ma.array(result, mask=array.mask)"
        )
    try:
        return np.asarray(value)
    except MemoryError:
        raise
    except Exception as error:  # raised by another library's class, or by nested lists of different lengths
        raise ImageError(f"an image must be an array; got {shown(value)}") from error


def _masked_arrays() -> tuple[type, ...]:
    """Return the class of masked arrays, if any can be there: importing it takes long."""
    module = sys.modules.get("numpy.ma")
    return (module.MaskedArray,) if module else ()


def as_image(array: npt.NDArray[Any], hint: Hint = _no_hint, *, more_channels: bool = False) -> npt.NDArray[Any]:
    """Return an array as (height, width, channels), C-contiguous, of a type that is computed; ImageError if it is none.

    It is the array itself, or a view, if that has this order and type. `hint` returns what to add about another shape.
    """
    dtype = check_image(array.shape, array.dtype, hint, more_channels=more_channels)
    image = array if array.ndim == 3 else array[:, :, None]
    return np.ascontiguousarray(image if dtype == array.dtype else converted(image, dtype))


def check_image(
    shape: tuple[int, ...], dtype: np.dtype[Any], hint: Hint = _no_hint, *, more_channels: bool = False
) -> np.dtype[Any]:
    """Return the type that an array of this shape and type is computed in; ImageError if it is not an image.

    With `more_channels` it may have any number of channels.
    """
    computed = dtype if dtype in PIXEL_TYPES else computed_as(dtype)
    if len(shape) not in (2, 3) or (len(shape) == 3 and shape[2] > MOST_CHANNELS and not more_channels):
        words = "an image must be (height, width) or (height, width, 1 to 4 channels)"
        raise ImageError(f"{words}; got shape {shape}{hint(shape)}")
    if 0 in shape:
        raise ImageError(f"an image must have at least one pixel; got shape {shape}")
    return computed


def computed_as(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Return the type that samples of a type are computed as, in this machine's byte order; ImageError if none is."""
    native = dtype.newbyteorder("=")
    if native in PIXEL_TYPES:
        return native
    if native.name in COMPUTED_AS:
        return np.dtype(COMPUTED_AS[native.name])
    if native.name == BFLOAT16:
        return np.dtype(np.float32)
    *names, last = [*(each.name for each in PIXEL_TYPES), *COMPUTED_AS]
    remedy = _remedy(native)
    raise ImageError(
        f"an image's samples must be {', '.join(names)} or {last}; got {dtype}{'; ' if remedy else ''}{remedy}"
    )


def converted(array: npt.NDArray[Any], dtype: npt.DTypeLike) -> npt.NDArray[Any]:
    """Return an array of floats in another type; numbers beyond its range become infinite."""
    with np.errstate(over="ignore"):
        return array.astype(dtype)


def _remedy(dtype: np.dtype[Any]) -> str:
    """Return how samples of a type that is refused become an image: which call, on which scale; empty if unknown."""
    if dtype.kind == "b":
        return "convert with array.astype('uint8') * 255, which makes True white"
    if dtype.kind in "iu":
        return (
            "if 255 is white, convert with array.astype('uint8'); if 65535 is, with array.astype('uint16'); "
            "else with (array / white).astype('float32')"
        )
    if dtype.kind == "c":
        return "filter array.real and array.imag, each by itself"
    return "convert with array.astype('float64')" if dtype.kind == "f" else ""
