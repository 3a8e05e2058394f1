"""How an image may be cut into strips for filters in a row: what each filter makes of which rows.

Filters that leave rows where they are make a part of the chain, in which one cut serves all. A GeometryFilter begins
a new part: from the rows that it is to make it says which rows of the part before it needs, and so from the result
back to the image.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import lcm
from typing import NamedTuple

import numpy as np

from imgcuda.errors import FilterError, ImageError
from imgcuda.filters import Filter, GeometryFilter, MeasuringFilter, PointFilter
from imgcuda.programs.layout import ceil_div
from imgcuda.programs.strips import STEP, Cut, Rows, all_rows, block_rows, reach


class Strip(NamedTuple):
    """Rows `first` to `last` of a result, and the rows that each part of the chain works on to make them."""

    first: int
    last: int
    spans: tuple[Rows, ...]

    @property
    def read(self) -> Rows:
        """The rows of the image that are read."""
        return self.spans[0]


class ChainPart(NamedTuple):
    """Filters between which rows keep their places; the first may be one that moves them."""

    filters: tuple[Filter, ...]
    width: int
    height: int
    cut: Cut


class Plan:
    """The way of an image of some size through filters in a row."""

    def __init__(self, filters: Sequence[Filter], width: int, height: int) -> None:
        self.whole = why_whole(filters)
        """Why the image cannot be cut, in words; empty if it can."""
        self.parts = () if self.whole else _parts(filters, width, height)
        self.whole = self.whole or self._reads_all()

    @property
    def height(self) -> int:
        """Rows of the result."""
        return self.parts[-1].height

    @property
    def cut(self) -> Cut:
        """How the result is cut: where strips begin, and about how many rows beside its own each reads."""
        return Cut(sum(ceil_div(part.cut.halo * self.height, part.height) for part in self.parts), self._last.step)

    @property
    def row_size(self) -> int:
        """How many pixels a row of the result stands for, where most of them are on the way."""
        return max(ceil_div(part.width * part.height, self.height) for part in self.parts)

    def strips(self, first: int, last: int, rows: int) -> list[Strip]:
        """Return strips of `rows` rows, a multiple of the step, that make rows `first` to `last` of the result."""
        return [self.strip(start, min(start + rows, last)) for start in range(first, last, rows)]

    def strip(self, first: int, last: int) -> Strip:
        """Return the strip that makes rows `first` to `last` of the result."""
        spans: list[Rows] = []
        wanted = (first, last)
        for number in range(len(self.parts) - 1, -1, -1):
            part = self.parts[number]
            spans.insert(0, reach(*wanted, part.height, part.cut))
            if number:
                wanted = _read(part, spans[0], self.parts[number - 1]) or wanted
        return Strip(first, last, tuple(spans))

    @property
    def _last(self) -> Cut:
        return self.parts[-1].cut

    def _reads_all(self) -> str:
        """Return which filter needs all rows for any, in words."""
        for number in range(1, len(self.parts)):
            part = self.parts[number]
            if _read(part, all_rows(part.height), self.parts[number - 1]) is None:
                return _reads_whole(part.filters[0])
        return ""


def why_whole(filters: Sequence[Filter]) -> str:
    """Return why no image can be cut for filters in a row, in words; empty if one can."""
    for filter in filters:
        if _halo(filter) is None and not isinstance(filter, GeometryFilter | MeasuringFilter):
            return _reads_whole(filter)
        if filter.halo != 0 and getattr(filter, "border", None) == "wrap":
            return f"{filter.name} with border=wrap reads at one end of the image what lies at the other"
    return ""


def _halo(filter: Filter) -> int | None:
    """Return how far a filter looks, as it says itself; FilterError if that is no number of pixels."""
    halo = filter.halo
    if halo is None or (isinstance(halo, int | np.integer) and halo >= 0):
        return halo
    raise FilterError(f"{filter.name}: halo must be a number of pixels, 0 or more, or WHOLE_IMAGE; it is {halo!r}")


def cut(filters: Sequence[Filter]) -> Cut:
    """Return how an image is cut for filters that leave rows where they are, but for the first."""
    halos = [filter.halo or 0 for filter in filters]
    after = [sum(halos[number + 1 :]) for number in range(len(halos))]
    steps = [step(filter) for filter in filters]
    inner = max((rows for rows, step in zip(after, steps, strict=True) if step > 1), default=0)
    return Cut(sum(halos), lcm(*steps), inner)


def step(filter: Filter) -> int:
    """Return the rows that strips begin at a multiple of: for per-pixel filters, any."""
    if isinstance(filter, PointFilter | MeasuringFilter):
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
        # What a filter that moves rows is given begins where its own blocks may, too.
        own, coming = cut(group), step(groups[number + 1][0]) if number + 1 < len(groups) else 1
        parts.append(ChainPart(tuple(group), width, height, own._replace(step=lcm(own.step, coming))))
    return tuple(parts)


def result_size(filter: Filter, width: int, height: int) -> tuple[int, int]:
    """Return width and height of what a filter makes of an image; FilterError if that is no image."""
    made: object = filter.result_size(width, height)
    if not (
        isinstance(made, tuple | list) and len(made) == 2 and all(isinstance(each, int | np.integer) for each in made)
    ):
        raise FilterError(
            f"{filter.name}: result_size() must return width and height, whole numbers; it returned {made!r}"
        )
    if min(made) < 1:
        raise FilterError(f"{filter.name} would make an image of {made[0]}x{made[1]} pixels out of {width}x{height}")
    return int(made[0]), int(made[1])


def allow(filters: Sequence[Filter], width: int, height: int, most: int | None) -> int:
    """Return how many pixels filters in a row make of an image; ImageError if one of them makes more than `most`."""
    for filter in filters:
        width, height = result_size(filter, width, height)
        if most is not None and width * height > most:
            made = f"{width}x{height}, {width * height:,} pixels"
            raise ImageError(f"{filter.name} would make {made}, more than {most:,}; --max-pixels allows more")
    return width * height


def _read(part: ChainPart, wanted: Rows, before: ChainPart) -> tuple[int, int] | None:
    """Return the rows of the part before that the first filter needs; None for all."""
    moving = part.filters[0]
    assert isinstance(moving, GeometryFilter)
    rows = moving.reads(wanted, before.width, before.height)
    if rows is None:
        return None
    first = min(max(rows[0], 0), before.height - 1)
    return first, min(max(rows[1], first + 1), before.height)
