"""The caller's array for a result, `out=`: what it must be, and whether the result may be computed in its memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from imgcuda.errors import ImageError, shown
from imgcuda.filters import Filter

Array = npt.NDArray[Any]


def check(out: object, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    """Return an array to write a result of this shape and type to; ImageError if it is none."""
    wanted = f"a writable NumPy array of the result's shape and type, {shape} {dtype}"
    if type(out) not in (np.ndarray, np.memmap):  # not of a masked array, which has more than samples
        raise ImageError(f"out must be {wanted}; got {shown(out)}")
    assert isinstance(out, np.ndarray)
    if (out.shape, out.dtype) != (shape, dtype):
        raise ImageError(f"out must be {wanted}; it is {out.shape} {out.dtype}")
    if not out.flags.writeable:
        raise ImageError(f"out must be {wanted}; it is read-only")
    return out


def filled(out: object, result: Array) -> Array:
    """Return the caller's array with a result copied to it; ImageError if it does not fit."""
    target = check(out, result.shape, result.dtype)
    np.copyto(target, result)
    return target


def is_free(out: Array, given: Array, filters: Sequence[Filter]) -> bool:
    """Return whether a result may be computed in an array: contiguous, and nothing that is still read lies there."""
    if not (out.flags.c_contiguous and out.flags.aligned) or np.may_share_memory(out, given):
        return False
    return not any(each is None or np.may_share_memory(out, each) for filter in filters for each in _arrays(filter))


def _arrays(filter: Filter) -> Iterator[Array | None]:
    """Return the arrays in a filter's parameters; None for a parameter that may hold arrays elsewhere."""
    for parameter in filter.parameters():
        if not parameter.plain:
            for held in _held(getattr(filter, parameter.name)):
                yield held if isinstance(held, np.ndarray) else None


def _held(value: object) -> Iterator[object]:
    """Return what a parameter holds besides numbers and text; the value itself if it does not tell."""
    for held in vars(value).values() if hasattr(value, "__dict__") else [value]:
        if not _is_plain(held):
            yield held


def _is_plain(value: object) -> bool:
    """Return whether a value is a number or text, or rows of these, as a matrix has them: no array is in it."""
    rows = type(value) is tuple and all(map(_is_plain, value))
    return rows or value is None or isinstance(value, str | int | float)
