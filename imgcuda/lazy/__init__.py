"""Arrays that are computed later, or have labels: Dask arrays and xarray's DataArrays, filtered to the same kind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy.typing as npt

from imgcuda.filters import Filter

_KINDS = {("dask", "Array"), ("xarray", "DataArray")}


def takes(value: object) -> bool:
    """Return whether a value is one of them, without an import."""
    return _is_one(type(value).__mro__)


@lru_cache(maxsize=256)
def _is_one(bases: tuple[type, ...]) -> bool:
    return any((base.__module__.partition(".")[0], base.__name__) in _KINDS for base in bases)


def filtered(
    value: Any,
    filters: Sequence[Filter],
    device: str | None,
    max_pixels: int | None,
    at_once: Callable[[npt.NDArray[Any]], npt.NDArray[Any]],
) -> Any:
    """Return a Dask array or a DataArray filtered, lazily if it is lazy; `at_once` filters a NumPy array.

    Raises ImageError for one that holds no images.
    """
    from imgcuda.lazy import labeled, stacks

    def pictures(data: Any, leading: int) -> Any:
        if takes(data):
            from imgcuda.lazy import graph

            return graph.filtered(data, filters, device, max_pixels, leading, named=hasattr(value, "dims"))
        return stacks.filtered(data, at_once, leading)

    return labeled.filtered(value, filters, pictures) if hasattr(value, "dims") else pictures(value, 0)
