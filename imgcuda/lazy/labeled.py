"""DataArrays of xarray: which of their dimensions are an image's, and which labels the result keeps."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any

from imgcuda.errors import ImageError
from imgcuda.execution.schedule import size_decider
from imgcuda.filters import Filter, GeometryFilter

ROWS_AND_COLUMNS = (("y", "x"), ("Y", "X"), ("height", "width"), ("row", "column"), ("lat", "lon"))
"""Names of the dimensions of an image. Those before them number images; one behind them is its channels."""


def filtered(given: Any, filters: Sequence[Filter], pictures: Callable[[Any, int], Any]) -> Any:
    """Return a DataArray filtered; `pictures` filters an array whose first axes, so many, number images.

    Name, attributes and coordinates are kept, but for those of dimensions whose size changes, or, if a filter moves
    pixels, of rows and columns: they no longer say where a pixel lies.
    """
    leading = _leading(given.dims)
    made = pictures(given.data, leading)
    dims = given.dims[: made.ndim]  # a result without a channel axis lacks the last
    sizes = dict(zip(dims, made.shape, strict=True))
    changed = {dim for dim in given.dims if sizes.get(dim) != given.sizes[dim]}
    if moving(filters):
        changed |= {*given.dims[leading : leading + 2]}
    coordinates = dict(_kept(given, changed))
    return type(given)(made, dims=dims, coords=coordinates, attrs=given.attrs, name=given.name)


def moving(filters: Sequence[Filter]) -> Filter | None:
    """Return the first filter of a chain that moves pixels, so that labels of places do not hold; None without one."""
    return next((each for each in filters if isinstance(each, GeometryFilter) or size_decider([each])), None)


def _leading(dims: tuple[Hashable, ...]) -> int:
    """Return how many dimensions number images: those before rows and columns."""
    for rows, columns in ROWS_AND_COLUMNS:
        if rows in dims and columns in dims:
            place = dims.index(rows)
            if dims[place + 1 : place + 2] == (columns,) and len(dims) - place <= 3:
                return place
            raise ImageError(
                f"a DataArray must have its rows '{rows}' and columns '{columns}' last, or before its channels; its "
                f"dimensions are {', '.join(map(str, dims))}; transpose(..., '{rows}', '{columns}') puts them last"
            )
    return 0


def _kept(given: Any, changed: set[Hashable]) -> Iterator[tuple[Hashable, Any]]:
    """Yield the coordinates that are of no changed dimension."""
    return ((name, each) for name, each in given.coords.items() if not changed & {*each.dims})
