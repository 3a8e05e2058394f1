"""Filters an array of any library, in host memory or on a GPU; the result is an array of the same library."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import cache, wraps
from typing import Any, Concatenate, ParamSpec

import numpy.typing as npt

from imgcuda.arrays.host import host_kind
from imgcuda.arrays.kinds import Location, library_of, location_of
from imgcuda.errors import ImageError
from imgcuda.filters import Filter
from imgcuda.pixels import as_array

Array = npt.NDArray[Any]
P = ParamSpec("P")


def _eager(
    run: Callable[Concatenate[Sequence[Filter], Any, P], Any],
) -> Callable[Concatenate[Sequence[Filter], Any, P], Any]:
    """Return a function that torch.compile runs as it is, between two graphs: it cannot compile calls of CUDA."""

    @cache
    def uncompiled() -> Callable[..., Any]:
        disabled: Callable[..., Any] = sys.modules["torch._dynamo"].disable(run)
        return disabled

    @wraps(run)
    def call(filters: Sequence[Filter], value: Any, /, *rest: P.args, **named: P.kwargs) -> Any:
        by_torch = library_of(value) == "torch" and "torch._dynamo" in sys.modules
        return (uncompiled() if by_torch else run)(filters, value, *rest, **named)

    return call


@_eager
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
