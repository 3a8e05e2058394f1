"""Runs a chain over an image that is larger than memory: its rows are read, and its result given, in strips."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy.typing as npt

from imgcuda.engine.protocol import Device
from imgcuda.execution.executor import resolved, total
from imgcuda.execution.row_source import RowSource
from imgcuda.execution.schedule import Schedule
from imgcuda.execution.streaming import filter_image, filter_rows, measure_rows
from imgcuda.filters import Filter, MeasuringFilter
from imgcuda.programs.strips import rows_of_size

STRIP_BYTES = 1 << 25
"""About how many bytes of an image are in memory at once; several times as much while they are filtered."""


def filter_in_rows(
    devices: Sequence[Device], filters: Sequence[Filter], image: RowSource
) -> Iterator[npt.NDArray[Any]]:
    """Yield the result of a chain in strips of rows, in order. Each two-phase filter takes a pass of its own first."""
    pending = list(filters)
    for number, filter in enumerate(filters):
        while isinstance(filter, MeasuringFilter):
            found = [
                measure_rows(devices, pending[:number], filter, image, *rows)
                for rows in _strips(pending[:number], image)
            ]
            filter = pending[number] = resolved(filter, total(found))
    if Schedule(pending, image.shape[1], image.shape[0]).whole:  # what a two-phase filter resolved to
        yield filter_image(devices, pending, image[0 : image.shape[0]])
        return
    for rows in _strips(pending, image):
        yield filter_rows(devices, pending, image, *rows)


def _strips(filters: Sequence[Filter], image: RowSource) -> list[tuple[int, int]]:
    schedule = Schedule(filters, image.shape[1], image.shape[0])
    row_bytes = schedule.row_size * image.shape[2] * image.dtype.itemsize
    rows = rows_of_size(schedule.height, row_bytes, STRIP_BYTES, schedule.tiling)
    return [(first, min(first + rows, schedule.height)) for first in range(0, schedule.height, rows)]
