"""Filters an array of any kind, by the way for its kind: where it lies, and into what the result is made."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy.typing as npt

from imgcuda.arrays.host import host_kind
from imgcuda.arrays.kinds import Location, library_of, location_of
from imgcuda.errors import ImageError
from imgcuda.filters import Filter
from imgcuda.pixels import as_array

Array = npt.NDArray[Any]


def filter_as_given(
    filters: Sequence[Filter],
    value: Any,
    device: str | None,
    max_pixels: int | None,
    out: Any,
    layout: str,
    on_host: Callable[[Array, str | None, int | None, Any], Array],
) -> Any:
    """Return a value filtered, in its own kind. `on_host` filters NumPy arrays, with the arguments of a call."""
    run = _uncompiled() if library_of(value) == "torch" and "torch._dynamo" in sys.modules else _filter_as_given
    return run(filters, value, device, max_pixels, out, layout, on_host)


@cache
def _uncompiled() -> Callable[..., Any]:
    """Return the function below so that torch.compile calls it as it is: it cannot compile what calls CUDA."""
    disabled: Callable[..., Any] = sys.modules["torch._dynamo"].disable(_filter_as_given)
    return disabled


def _filter_as_given(
    filters: Sequence[Filter],
    value: Any,
    device: str | None,
    max_pixels: int | None,
    out: Any,
    layout: str,
    on_host: Callable[[Array, str | None, int | None, Any], Array],
) -> Any:
    location = location_of(value)
    if layout != "HWC" and library_of(value) == "PIL":
        raise ImageError("a picture of Pillow has no axes; leave layout= away, or filter numpy.asarray(picture)")
    if location is Location.GPU:
        from imgcuda.arrays.on_gpu import filter_on_gpu

        return filter_on_gpu(filters, value, device, max_pixels, out, layout)
    if location is Location.PLAIN:
        return on_host(as_array(value), device, max_pixels, out)
    kind = host_kind(value)
    result = on_host(kind.to_numpy(value), device, max_pixels, None if out is None else _out(value, out))
    if out is None:
        return kind.from_numpy(result, value)
    kind.put(result, out)
    return out


def _out(value: Any, out: Any) -> Array:
    """Return the caller's `out` as a NumPy array: its memory, or a copy that is put there at the end."""
    library = library_of(value)
    if library == "PIL":
        raise ImageError("a picture of Pillow cannot be written to; leave out= away, or filter NumPy arrays")
    if location_of(out) is not Location.HOST or library_of(out) != library:
        raise ImageError(f"out must be of the array's own kind, a {type(value).__name__} in host memory")
    if library == "torch" and out.dtype != value.dtype:  # NumPy sees bfloat16 as float32
        raise ImageError(f"out must have the array's own type, {value.dtype}; it has {out.dtype}")
    return host_kind(out).to_numpy(out)
