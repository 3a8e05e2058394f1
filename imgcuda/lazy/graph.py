"""Filters Dask arrays: one task for each strip of the result, which takes the rows of the input that it reads.

No chunks overlap, as with map_overlap: a strip knows its place in the image. So borders are handled at the image's
edge alone, chunks may be smaller than a halo, and the result is that of the whole image, to the bit.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise
from operator import getitem
from typing import Any, NamedTuple

import dask.array
import numpy as np
from dask.base import tokenize
from dask.highlevelgraph import HighLevelGraph

from imgcuda.errors import ImageError, shown
from imgcuda.execution.chain_plan import ChainPlan
from imgcuda.execution.channel_groups import channel_groups
from imgcuda.execution.schedule import Schedule, chain_size
from imgcuda.filters import Filter, MeasuringFilter
from imgcuda.layouts import may_have_more_channels
from imgcuda.lazy.strip_tasks import Chain, StripWork, filter_strip, joined, measure_strip, settle
from imgcuda.pixels import MOST_CHANNELS, check_image
from imgcuda.programs.layout import ceil_div
from imgcuda.programs.strips import HALO_SHARE

MOST_BYTES = 64 << 20
"""The most bytes of a strip, approximately. A task holds the strip, its result and the intermediate results."""

Key = tuple[Any, ...]
Number = tuple[int, ...]
"""The place of an image in a stack."""


def filtered(
    given: Any,
    filters: Sequence[Filter],
    device: str | None,
    max_pixels: int | None,
    leading: int = 0,
    named: bool = False,
) -> Any:
    """Return a Dask array filtered, lazily; its first `leading` axes number images. Nothing is computed.

    A strip has as many rows as the input's chunks, unless they are too large, or small beside the halo. Axes that are
    `named` may be more than four channels, whatever the shape.
    """
    computed = _computed_as(given, leading, named)
    shape = given.shape[leading:]
    plan = ChainPlan(filters, shape, computed, max_pixels)
    if plan.size_decider:
        raise ImageError(
            f"only the pixels tell what size {plan.size_decider.name} makes, and a Dask array knows its size before "
            "anything is computed; array.compute() first"
        )
    if len(shape) == 3 and shape[2] > MOST_CHANNELS:
        parts = [given[..., group] for group in channel_groups(filters, shape[2])]
        made = [_Graph(part, ChainPlan(filters, part.shape[leading:], computed), device, leading) for part in parts]
        return dask.array.concatenate([each.array() for each in made], axis=-1).rechunk({leading + 2: -1})
    return _Graph(given, plan, device, leading).array()


def _computed_as(given: Any, leading: int, named: bool) -> np.dtype[Any]:
    """Return the type that an array is computed in; ImageError if it holds no images, or does not know how many."""
    if any(np.isnan(size) for size in given.shape):
        raise ImageError(f"a Dask array must know its shape; got {given.shape}; call compute_chunk_sizes() first")
    if not isinstance(given._meta, np.ndarray) or type(given._meta) is not np.ndarray:
        raise ImageError(
            f"a Dask array's chunks must be NumPy arrays; they are {shown(given._meta)}; convert them with map_blocks"
        )
    if 0 in given.shape[:leading]:
        raise ImageError(f"a stack must hold at least one image; got shape {given.shape}")
    shape = given.shape[leading:]
    return check_image(shape, given.dtype, more_channels=named or may_have_more_channels(shape))


class _StripPlan(NamedTuple):
    """Rows `first` to `last` of a result, and rows `top` to `bottom` of the image, which they need."""

    first: int
    last: int
    top: int
    bottom: int
    height: int
    """The rows of the image."""
    whole: bool
    """The chain cannot run in strips: this is the whole image."""

    def work(self, device: str | None, shape: tuple[int, ...] = ()) -> StripWork:
        """Return what a task is told; `shape` is that of the array to make."""
        return StripWork(self.height, self.top, self.first, self.last, self.whole, shape, device)


class _Graph:
    """The tasks of one array."""

    def __init__(self, given: Any, plan: ChainPlan, device: str | None, leading: int) -> None:
        self._given, self._plan, self._device, self._leading = given, plan, device, leading
        self._token = tokenize(given, plan.filters, device, leading)
        self._chain = f"imgcuda-chain-{self._token}"
        self._tasks: dict[Any, Any] = {self._chain: Chain(plan.filters)}
        self._bounds: list[list[int]] = [[0, *accumulate(sizes)] for sizes in given.chunks]
        """Where the chunks of each axis begin and end."""
        self._known_strips: dict[int, list[_StripPlan]] = {}

    def array(self) -> Any:
        """Return the array of the results."""
        name = f"imgcuda-{self._token}"
        strips = self._strips(len(self._plan.filters))
        inner = self._plan.result_shape[1:]
        for number in np.ndindex(self._given.shape[: self._leading]):
            settled = self._settled(number)
            for place, strip in enumerate(strips):
                key = (name, *number, place, *[0] * len(inner))
                work = strip.work(self._device, (*[1] * self._leading, strip.last - strip.first, *inner))
                self._tasks[key] = (filter_strip, work, self._chain, settled, self._rows(number, strip))
        graph = HighLevelGraph.from_collections(name, self._tasks, dependencies=[self._given])
        chunks = (
            *[(1,) * size for size in self._given.shape[: self._leading]],
            tuple(strip.last - strip.first for strip in strips),
            *[(size,) for size in inner],
        )
        meta = np.empty((0,) * len(chunks), self._given.dtype.newbyteorder("="))
        return dask.array.Array(graph, name, chunks, meta=meta)

    def _settled(self, image: Number) -> list[Key]:
        """Add the tasks that measure one image; return the keys of what its two-phase filters resolve to."""
        settled: list[Key] = []
        for number, filter in enumerate(self._plan.filters):
            if isinstance(filter, MeasuringFilter):
                settled.append(self._measured(image, number, filter.passes(self._plan.dtype), settled))
        return settled

    def _measured(self, image: Number, number: int, passes: int, before: Sequence[Key]) -> Key:
        """Add the passes of one two-phase filter; return the key of what it resolves to."""
        last: Key | None = None
        for turn in range(passes):
            known = [*before, last] if last else list(before)
            found: list[Key] = []
            for place, strip in enumerate(self._strips(number + 1)):
                found.append((f"imgcuda-measured-{self._token}", *image, number, turn, place))
                work, rows = strip.work(self._device), self._rows(image, strip)
                self._tasks[found[-1]] = (measure_strip, work, self._chain, number, known, rows)
            key = (f"imgcuda-resolved-{self._token}", *image, number, turn)
            self._tasks[key] = (settle, self._chain, number, last, found)
            last = key
        assert last is not None
        return last

    def _strips(self, number: int) -> list[_StripPlan]:
        """Return the strips of the result of the first `number` filters."""
        if number not in self._known_strips:
            self._known_strips[number] = _strips(self._plan.filters[:number], self._given, self._leading)
        return self._known_strips[number]

    def _rows(self, image: Number, strip: _StripPlan) -> Any:
        """Return the task that joins the rows of one image out of the chunks that they are in."""
        single = [self._block(axis, place) for axis, place in enumerate(image)]
        axes = range(self._leading, self._given.ndim)
        pieces = [list(self._pieces(self._leading, strip.top, strip.bottom))]
        pieces += [list(self._pieces(axis, 0, self._given.shape[axis])) for axis in axes[1:]]
        blocks, inside = [block for block, _ in single], [place for _, place in single]

        def nested(chosen: list[tuple[int, slice]], rest: list[list[tuple[int, slice]]]) -> Any:
            if rest:
                return [nested([*chosen, piece], rest[1:]) for piece in rest[0]]
            key = (self._given.name, *blocks, *[block for block, _ in chosen])
            part = (*inside, *[rows for _, rows in chosen])
            return self._part(key, part)

        return joined, nested([], pieces), 0

    def _part(self, key: Key, part: tuple[Any, ...]) -> Key:
        """Return the key of a part of a chunk: the chunk's own, if it is all of it."""
        sizes = [chunks[block] for chunks, block in zip(self._given.chunks, key[1:], strict=True)]
        if part == tuple(slice(0, size) for size in sizes):
            return key
        ends = [(each.start, each.stop) if isinstance(each, slice) else each for each in part]
        made = (f"imgcuda-rows-{self._token}", *key[1:], *[str(end) for end in ends])
        self._tasks[made] = (getitem, key, part)
        return made

    def _block(self, axis: int, place: int) -> tuple[int, int]:
        """Return the chunk that a place on an axis lies in, and the place in it."""
        block = bisect_right(self._bounds[axis], place) - 1
        return block, place - self._bounds[axis][block]

    def _pieces(self, axis: int, first: int, last: int) -> Iterator[tuple[int, slice]]:
        """Yield the chunks of an axis that hold the places from `first` to `last`, and which part of each does."""
        for block, (start, end) in enumerate(pairwise(self._bounds[axis])):
            if max(first, start) < min(last, end):
                yield block, slice(max(first, start) - start, min(last, end) - start)


def _strips(filters: Sequence[Filter], given: Any, leading: int) -> list[_StripPlan]:
    """Return the strips of a chain's result; one that holds all rows if the chain reads the image as a whole."""
    height, width = given.shape[leading : leading + 2]
    schedule = Schedule(filters, width, height)
    if schedule.whole:
        return [_StripPlan(0, chain_size(filters, width, height)[1], 0, height, height, True)]
    strips = schedule.strips(0, schedule.height, _rows(schedule, given, leading))
    return [_StripPlan(strip.first, strip.last, strip.read.first, strip.read.last, height, False) for strip in strips]


def _rows(schedule: Schedule, given: Any, leading: int) -> int:
    """Return how many rows of the result a strip has: a chunk's, but no more than memory allows, and many halos."""
    channels = given.shape[leading + 2] if given.ndim > leading + 2 else 1
    row_bytes = schedule.row_size * channels * given.dtype.itemsize
    of_chunk = max(given.chunks[leading]) * schedule.height // given.shape[leading]
    rows = max(min(of_chunk, MOST_BYTES // row_bytes), HALO_SHARE * schedule.tiling.halo, 1)
    return ceil_div(rows, schedule.tiling.step) * schedule.tiling.step
