"""The types of samples that an array on a GPU may have, and which of them are computed as another type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from imgcuda.errors import ImageError
from imgcuda.pixels import computed_as

DType = np.dtype[Any]

BFLOAT16: DType = np.dtype("V2")
"""NumPy's type for bfloat16, which it lacks: other libraries write "<V2" in the CUDA array interface."""

STORED: Mapping[DType, tuple[str, DType]] = {
    np.dtype(np.float16): ("STORED_HALF", np.dtype(np.uint16)),
    BFLOAT16: ("STORED_BFLOAT", np.dtype(np.uint16)),
    np.dtype(np.float64): ("STORED_DOUBLE", np.dtype(np.float64)),
}
"""Types that are computed as float32: each one's name in strided_copy.cu, and the type that its kernels take it as."""


def computed_on_gpu(dtype: DType) -> DType:
    """Return the type that samples of a type are computed as; ImageError if a GPU computes none of it."""
    if dtype == BFLOAT16:
        return np.dtype(np.float32)
    computed = computed_as(dtype)
    if not dtype.isnative:
        raise ImageError(f"an array on a GPU must have its bytes in the machine's order; got {dtype}")
    return computed


def name_of(dtype: DType) -> str:
    """Return the name of a type for messages."""
    return "bfloat16" if dtype == BFLOAT16 else str(dtype)


def interface_name(dtype: DType) -> str:
    """Return the name of a type in the CUDA array interface."""
    return "<V2" if dtype == BFLOAT16 else dtype.str


def as_float32(array: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """Return an array of bfloat16, which are the upper halves of floats, as float32."""
    return (array.view(np.uint16).astype(np.uint32) << 16).view(np.float32)
