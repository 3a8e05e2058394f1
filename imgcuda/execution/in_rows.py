"""Runs a chain over an image that is larger than memory: its rows are read, and its result given, in strips."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

import numpy.typing as npt

from imgcuda.engine.protocol import Device
from imgcuda.execution.channel_groups import channel_groups, joined, split
from imgcuda.execution.executor import total
from imgcuda.execution.row_source import RowSource
from imgcuda.execution.schedule import Schedule, chain_size
from imgcuda.execution.streaming import (
    Measurement,
    filter_image,
    filter_rows,
    measure_image,
    measure_rows,
    rows_of_strips,
    schedule_for,
    settle,
)
from imgcuda.filters import Filter, MeasuringFilter

Array = npt.NDArray[Any]

STRIP_BYTES = 1 << 25
"""About how many bytes of an image are in memory at once; several times as much while they are filtered."""


def filter_in_rows(devices: Sequence[Device], filters: Sequence[Filter], image: RowSource) -> Iterator[Array]:
    """Yield the result of a chain in strips of rows, in order. Each two-phase filter takes a pass of its own first."""
    yield from RowsOfResult(devices, filters, image).in_strips()


class RowsOfResult:
    """The result of a chain (height, width, channels), whose rows are computed when they are asked for.

    An image of more than four channels runs in groups of them; ImageError if a filter mixes channels.
    """

    def __init__(
        self, devices: Sequence[Device], filters: Sequence[Filter], image: RowSource, most: int | None = None
    ) -> None:
        """Measure what two-phase filters measure; ImageError if a filter makes more than `most` pixels."""
        self._groups = channel_groups(filters, image.shape[2])
        self._results = [_OfGroup(devices, filters, part, most) for part in split(image, self._groups)]
        self.width, self.height = self._results[0].size
        self.strips = self._results[0].strips
        """The rows to compute one after the other, so that memory is bounded."""

    def in_strips(self) -> Iterator[Array]:
        """Yield all rows, a strip at a time."""
        return (self[slice(*rows)] for rows in self.strips)

    def __getitem__(self, rows: slice, /) -> Array:
        made = (result.rows(rows.start, rows.stop) for result in self._results)
        return next(made) if len(self._results) == 1 else joined(self._groups, made)


class _OfGroup:
    """The result of a chain for an image of up to four channels."""

    def __init__(
        self, devices: Sequence[Device], filters: Sequence[Filter], image: RowSource, most: int | None
    ) -> None:
        self._devices, self._image = devices, image
        self._chain = settle(filters, image, self._measured, most)
        self._schedule = schedule_for(self._chain, image)
        self.size = chain_size(self._chain, image.shape[1], image.shape[0])
        self.strips = [(0, self.size[1])] if self._schedule.whole else _strips(self._schedule, image)

    @cached_property
    def _whole(self) -> Array:
        """All of the result, if a two-phase filter resolved to a filter that reads the image as a whole."""
        return filter_image(self._devices, self._chain, self._image[0 : self._image.shape[0]])

    def rows(self, first: int, last: int) -> Array:
        """Return rows `first` to `last`."""
        if self._schedule.whole:
            return self._whole[first:last]
        begin = first - first % self._schedule.tiling.step
        return filter_rows(self._devices, self._chain, self._image, begin, last)[first - begin :]

    def _measured(self, before: Sequence[Filter], filter: MeasuringFilter) -> Measurement:
        schedule = schedule_for([*before, filter], self._image)
        if schedule.whole:
            return measure_image(self._devices, before, filter, self._image[0 : self._image.shape[0]])
        strips = _strips(schedule, self._image)
        return total([measure_rows(self._devices, before, filter, self._image, *rows) for rows in strips])


def _strips(schedule: Schedule, image: RowSource) -> list[tuple[int, int]]:
    rows = rows_of_strips(schedule, image, STRIP_BYTES)
    return [(first, min(first + rows, schedule.height)) for first in range(0, schedule.height, rows)]
