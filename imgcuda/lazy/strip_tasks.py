"""What a task of the graph does, on any worker: it uploads the rows that it needs, filters them, and frees them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from imgcuda import devices
from imgcuda.errors import FilterError
from imgcuda.execution import streaming
from imgcuda.execution.executor import resolved, total
from imgcuda.execution.row_source import RowWindow
from imgcuda.filters import Filter, MeasuringFilter
from imgcuda.pixels import as_image, converted

Array = npt.NDArray[Any]


class Chain:
    """A chain of filters as a value of a graph, where a tuple that begins with a filter would be a call of it."""

    def __init__(self, filters: Sequence[Filter]) -> None:
        self.filters = tuple(filters)


@dataclass(frozen=True)
class StripWork:
    """A strip of the result: its rows, and the rows of the image that it reads."""

    height: int
    """The rows of the whole image."""
    top: int
    """The first row of the image that is read."""
    first: int
    last: int
    """The rows of the result, the end not included."""
    whole: bool
    """The chain cannot run in strips: this is the whole image."""
    shape: tuple[int, ...]
    """The shape of the array that is made, with an axis of one for each axis that numbers images."""
    device: str | None


def filter_strip(work: StripWork, chain: Chain, settled: Sequence[Filter], rows: Array) -> Array:
    """Return a strip of the result. `settled` are the filters that the two-phase ones have resolved to."""
    image, filters = as_image(rows), _with(chain.filters, settled)
    _check_settled(filters)
    chosen = devices.members(devices.choose(work.device))
    if work.whole:
        made = streaming.filter_image(chosen, filters, image)
    else:
        window = RowWindow(image, work.top, work.height)
        made = streaming.filter_rows(chosen, filters, window, work.first, work.last)
    if made.size != np.prod(work.shape):
        raise FilterError(
            f"the chain made an array of {made.shape}, but by what its filters declare it is {work.shape}; "
            "array.compute() first, since a two-phase filter says only then what it makes"
        )
    own = rows.dtype.newbyteorder("=")
    return (made if made.dtype == own else converted(made, own)).reshape(work.shape)


def measure_strip(work: StripWork, chain: Chain, number: int, settled: Sequence[Filter], rows: Array) -> Array | None:
    """Return what the filter numbered `number` measures on a strip of the result of those before it.

    `settled` are what the two-phase filters up to it have resolved to so far; None if it is settled, too.
    """
    filters = _with(chain.filters[: number + 1], settled)
    measuring, before = filters[number], filters[:number]
    if not isinstance(measuring, MeasuringFilter):
        return None
    _check_settled(before)
    chosen, image = devices.members(devices.choose(work.device)), as_image(rows)
    if work.whole:
        return streaming.measure_image(chosen, before, measuring, image)
    window = RowWindow(image, work.top, work.height)
    return streaming.measure_rows(chosen, before, measuring, window, work.first, work.last)


def settle(chain: Chain, number: int, so_far: Filter | None, found: Sequence[Array | None]) -> Filter:
    """Return what a two-phase filter resolves to, given the measurements of all strips."""
    measuring = so_far or chain.filters[number]
    counts = [each for each in found if each is not None]
    return resolved(measuring, total(counts)) if isinstance(measuring, MeasuringFilter) else measuring


def joined(pieces: Sequence[Any], axis: int) -> Array:
    """Return pieces of chunks as one array: nested lists of them, each level along the next axis."""
    parts = [joined(piece, axis + 1) if isinstance(piece, list) else np.asarray(piece) for piece in pieces]
    return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=axis)


def _with(chain: Sequence[Filter], settled: Sequence[Filter]) -> list[Filter]:
    """Return a chain with its two-phase filters replaced, in order, by what they have resolved to."""
    coming = iter(settled)
    return [next(coming, each) if isinstance(each, MeasuringFilter) else each for each in chain]


def _check_settled(filters: Sequence[Filter]) -> None:
    for filter in filters:
        if isinstance(filter, MeasuringFilter):
            raise FilterError(
                f"{filter.name} measures more often than the `passes` of its two-phase filter says, so a lazy array "
                "cannot be filtered; array.compute() first"
            )
