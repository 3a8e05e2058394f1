"""Runs a chain over a Zarr array into another: picture by picture, in strips of rows, a row of chunks at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from imgcuda.engine.protocol import Device
from imgcuda.errors import FilterError
from imgcuda.execution.in_rows import RowsOfResult
from imgcuda.filters import Filter
from imgcuda.pyramid import shrunk
from imgcuda.zarr_images.array_files import Array, ArrayBlock, Number, PictureRows, blocks, translated
from imgcuda.zarr_images.zarr_axes import ZarrAxes


def filter_array(
    devices: Sequence[Device], filters: Sequence[Filter], given: Any, made: Any, axes: ZarrAxes, folder: Path
) -> None:
    """Write the result of a chain on each picture of an array to another array, with the same axes before the rows.

    `folder` is that of the given array, for messages.
    """
    for part, numbers in blocks(made, axes):
        own = tuple(slice(None) if axis == axes.together else each for axis, each in enumerate(part))
        block = ArrayBlock(given, folder, axes, own)
        results = {number: RowsOfResult(devices, filters, PictureRows(block, number)) for number in numbers}
        write_results(made, part, results, axes)


def fill_levels(devices: Sequence[Device], levels: Sequence[Any], axes: ZarrAxes, folder: Path) -> None:
    """Write all levels of resolution but the first, each from the one above; `folder` is theirs, for messages."""
    for above, level in pairwise(levels):
        shrink = shrunk(*level.shape[axes.rows : axes.rows + 2])
        filter_array(devices, [shrink], above, level, axes, folder)


def write_results(made: Any, part: tuple[slice, ...], results: Mapping[Number, RowsOfResult], axes: ZarrAxes) -> None:
    """Write the pictures of one part of an array, by whole rows of chunks, or of shards."""
    height, step = made.shape[axes.rows], (made.shards or made.chunks)[axes.rows]
    before, behind = tuple(each.stop - each.start for each in part), made.shape[axes.rows + 1 :]
    for top in range(0, height, step):
        bottom = min(top + step, height)
        buffer = np.empty((*before, bottom - top, *behind), made.dtype)
        for first, last in _pieces(next(iter(results.values())), top, bottom):
            for number, result in results.items():
                _put(axes.picture(buffer, number)[first - top : last - top], result[slice(first, last)])
        with translated(made.store_path, "written"):
            made[(*part, slice(top, bottom))] = buffer


def _pieces(result: RowsOfResult, top: int, bottom: int) -> Iterator[tuple[int, int]]:
    """Yield the rows that are computed one after the other, so that memory is bounded."""
    first, last = result.strips[0]
    for begin in range(top, bottom, last - first):
        yield begin, min(begin + last - first, bottom)


def _put(place: Array, rows: Array) -> None:
    if place.shape != rows.shape:
        raise FilterError(f"the chain made rows of {rows.shape}, but by what its filters declare, of {place.shape}")
    with np.errstate(over="ignore"):  # as for arrays: what a float16 cannot hold becomes infinite
        place[...] = rows
