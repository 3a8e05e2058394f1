"""The tiling schedule of a chain: which rows each filter reads and computes for each strip of the result.

Filters that keep rows in their places form a part of the chain, and all have the same strips. A GeometryFilter begins a
new part: from the rows that it must compute, it tells which rows of the part before it reads. So the schedule is
computed from the result back to the image.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import lcm
from typing import NamedTuple

import numpy as np

from imgcuda.errors import FilterError, ImageError
from imgcuda.filters import Filter, GeometryFilter, MeasuringFilter, PointFilter
from imgcuda.programs.layout import ceil_div
from imgcuda.programs.strips import STEP, Rows, Tiling, all_rows, block_rows, rows_read


class Strip(NamedTuple):
    """Rows `first` to `last` of the result, and the rows that each part of the chain computes for them."""

    first: int
    last: int
    spans: tuple[Rows, ...]

    @property
    def read(self) -> Rows:
        """The rows of the image that the strip reads."""
        return self.spans[0]


class ChainPart(NamedTuple):
    """Consecutive filters that keep rows in their places, except that the first may be a GeometryFilter."""

    filters: tuple[Filter, ...]
    width: int
    height: int
    tiling: Tiling


class Schedule:
    """The schedule of a chain of filters for an image of a given size: up to a filter that decides on another size."""

    def __init__(self, filters: Sequence[Filter], width: int, height: int) -> None:
        self.whole = why_whole(filters)
        """Why the chain cannot run in strips, in words; empty if it can."""
        self.parts = () if self.whole else _parts(_foreseen(filters), width, height)
        self.whole = self.whole or self._reads_all()

    @property
    def height(self) -> int:
        """The number of rows of the result."""
        return self.parts[-1].height

    @property
    def tiling(self) -> Tiling:
        """The tiling of the result: where strips begin, and about how large their halo is."""
        return Tiling(
            sum(ceil_div(part.tiling.halo * self.height, part.height) for part in self.parts), self._last.step
        )

    @property
    def row_size(self) -> int:
        """The number of pixels in flight for each row of the result, in the largest part of the chain."""
        return max(ceil_div(part.width * part.height, self.height) for part in self.parts)

    def strips(self, first: int, last: int, rows: int) -> list[Strip]:
        """Return strips of `rows` rows, a multiple of the step, for rows `first` to `last` of the result."""
        return [self.strip(start, min(start + rows, last)) for start in range(first, last, rows)]

    def strip(self, first: int, last: int) -> Strip:
        """Return the strip for rows `first` to `last` of the result."""
        spans: list[Rows] = []
        wanted = (first, last)
        for number in range(len(self.parts) - 1, -1, -1):
            part = self.parts[number]
            spans.insert(0, rows_read(*wanted, part.height, part.tiling))
            if number:
                wanted = _read(part, spans[0], self.parts[number - 1]) or wanted
        return Strip(first, last, tuple(spans))

    @property
    def _last(self) -> Tiling:
        return self.parts[-1].tiling

    def _reads_all(self) -> str:
        """Return in words which filter reads the whole image for any row; empty if none does."""
        for number in range(1, len(self.parts)):
            part = self.parts[number]
            if _read(part, all_rows(part.height), self.parts[number - 1]) is None:
                return _reads_whole(part.filters[0])
        return ""


def why_whole(filters: Sequence[Filter]) -> str:
    """Return in words why a chain cannot run in strips; empty if it can."""
    for filter in filters:
        if _halo(filter) is None and not isinstance(filter, GeometryFilter | MeasuringFilter):
            return _reads_whole(filter)
        if filter.halo != 0 and getattr(filter, "border", None) == "wrap":
            return f"{filter.name} with border=wrap reads at one end of the image what lies at the other"
    return ""


def _halo(filter: Filter) -> int | None:
    """Return the halo that a filter declares; FilterError if it is no number of pixels."""
    halo = filter.halo
    if halo is None or (isinstance(halo, int | np.integer) and halo >= 0):
        return halo
    raise FilterError(f"{filter.name}: halo must be a number of pixels, 0 or more, or WHOLE_IMAGE; it is {halo!r}")


def tiling(filters: Sequence[Filter]) -> Tiling:
    """Return the tiling of an image for the filters of one part of a chain."""
    halos = [_reach(filter) for filter in filters]
    after = [sum(halos[number + 1 :]) for number in range(len(halos))]
    steps = [step(filter) for filter in filters]
    inner = max((rows for rows, step in zip(after, steps, strict=True) if step > 1), default=0)
    return Tiling(sum(halos), lcm(*steps), inner)


def _reach(filter: Filter) -> int:
    """Return how many rows beside a row a filter reads for it, besides what a two-phase filter measures."""
    return filter.phase_halo if isinstance(filter, MeasuringFilter) else filter.halo or 0


def step(filter: Filter) -> int:
    """Return the number of rows that strips begin at a multiple of; 1 for per-pixel filters."""
    if isinstance(filter, PointFilter) or (isinstance(filter, MeasuringFilter) and not filter.phase_halo):
        return 1
    return lcm(STEP, block_rows(filter.layout), filter.row_step)


def _reads_whole(filter: Filter) -> str:
    return f"{filter.name} reads the image as a whole"


def _parts(filters: Sequence[Filter], width: int, height: int) -> tuple[ChainPart, ...]:
    groups: list[list[Filter]] = [[]]
    for filter in filters:
        if isinstance(filter, GeometryFilter):
            groups.append([])
        groups[-1].append(filter)
    parts = []
    for number, group in enumerate(groups):
        if number:
            width, height = result_size(group[0], width, height)
        # The strips that a GeometryFilter reads must begin where its own blocks may, too.
        own, coming = tiling(group), step(groups[number + 1][0]) if number + 1 < len(groups) else 1
        parts.append(ChainPart(tuple(group), width, height, own._replace(step=lcm(own.step, coming))))
    return tuple(parts)


def size_decider(filters: Sequence[Filter]) -> MeasuringFilter | None:
    """Return the first filter of a chain the size of whose result only the pixels tell; None if all sizes are known."""
    return next((each for each in filters if isinstance(each, MeasuringFilter) and each.decides_size), None)


def _foreseen(filters: Sequence[Filter]) -> Sequence[Filter]:
    """Return the filters up to the one that decides on a size, which is among them: all, if there is none."""
    decider = size_decider(filters)
    return filters if decider is None else filters[: filters.index(decider) + 1]


def result_size(filter: Filter, width: int, height: int, most: int | None = None) -> tuple[int, int]:
    """Return the width and height of a filter's result; FilterError if they are no positive whole numbers.

    ImageError if the result has more than `most` pixels.
    """
    made: object = filter.result_size(width, height)
    if not (
        isinstance(made, tuple | list) and len(made) == 2 and all(isinstance(each, int | np.integer) for each in made)
    ):
        raise FilterError(
            f"{filter.name}: result_size() must return width and height, whole numbers; it returned {made!r}"
        )
    if min(made) < 1:
        raise FilterError(f"{filter.name} would make an image of {made[0]}x{made[1]} pixels out of {width}x{height}")
    width, height = int(made[0]), int(made[1])
    if most is not None and width * height > most:
        said = f"{width}x{height}, {width * height:,} pixels"
        raise ImageError(f"{filter.name} would make {said}, more than {most:,}; --max-pixels allows more")
    return width, height


def allow(filters: Sequence[Filter], width: int, height: int, most: int | None) -> int:
    """Return the number of pixels of a chain's result; ImageError if any filter's result has more than `most`.

    The filters after one that decides on a size are not asked.
    """
    width, height = chain_size(filters, width, height, most)
    return width * height


def chain_size(filters: Sequence[Filter], width: int, height: int, most: int | None = None) -> tuple[int, int]:
    """Return the width and height of a chain's result, or of what a filter that decides on a size is given.

    ImageError if any filter's result has more than `most` pixels.
    """
    for filter in _foreseen(filters):
        width, height = result_size(filter, width, height, most)
    return width, height


def _read(part: ChainPart, wanted: Rows, before: ChainPart) -> tuple[int, int] | None:
    """Return the rows of the part before that the GeometryFilter reads; None for all."""
    moving = part.filters[0]
    assert isinstance(moving, GeometryFilter)
    rows = moving.reads(wanted, before.width, before.height)
    if rows is None:
        return None
    first = min(max(rows[0], 0), before.height - 1)
    return first, min(max(rows[1], first + 1), before.height)
