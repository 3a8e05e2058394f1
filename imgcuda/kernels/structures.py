"""Structures that kernels take by value: a NumPy scalar of the same fields, or the numbers of a vector like float4."""

from __future__ import annotations

from typing import Any

import numpy as np

from imgcuda.engine.protocol import ByValue
from imgcuda.errors import LaunchError, shown
from imgcuda.kernels.exact_numbers import exactly
from imgcuda.kernels.texture_objects import is_texture
from imgcuda.programs.source import VECTOR_TYPES, KernelArgument


def by_value(place: str, argument: KernelArgument, value: Any) -> ByValue:
    """Return a structure as an argument; LaunchError if it is none. `place` begins the messages."""
    if argument.written in VECTOR_TYPES:
        return _vector(place, argument, value)
    if is_texture(argument.written):
        raise LaunchError(f"{place}; it was given {shown(value)}; pass kernels.Texture(array)")
    if argument.written.endswith("&"):
        raise LaunchError(f"{place}, a reference, which CUDA gives no kernel; take it by value, without '&'")
    if not argument.written.isidentifier():
        raise LaunchError(f"{place}, which a launch cannot give; declare its parts as numbers, or a pointer to it")
    if not isinstance(value, np.ndarray | np.void) or value.dtype.names is None or value.size != 1:
        remedy = "pass a dict of its fields, as {'n': 1, 'data': array}, or a NumPy scalar of them"
        raise LaunchError(f"{place}, a structure; it was given {shown(value)}; {remedy}")
    return ByValue(np.frombuffer(value.tobytes(), np.uint8), _alignment(value.dtype))


def _vector(place: str, argument: KernelArgument, value: Any) -> ByValue:
    dtype, count = VECTOR_TYPES[argument.written]
    try:
        made = exactly(np.atleast_1d(np.array(value)) if count == 1 else np.array(value), dtype)
        if made.shape != (count,):
            raise ValueError("another number of elements")
    except (TypeError, ValueError, OverflowError) as error:
        remedy = f"pass {count} numbers of {dtype}, as a tuple"
        raise LaunchError(f"{place}; it was given {shown(value)}; {remedy}") from error
    alignment = made.itemsize if count == 3 else min(16, made.nbytes)
    return ByValue(np.frombuffer(made.tobytes(), np.uint8), alignment)


def _alignment(dtype: np.dtype[Any]) -> int:
    """Return the alignment of a structure in C: the largest of its fields'."""
    if dtype.subdtype is not None:
        return _alignment(dtype.subdtype[0])
    if dtype.names is None:
        return dtype.alignment
    return max(_alignment(dtype[name]) for name in dtype.names)
