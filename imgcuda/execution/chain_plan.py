"""The plan of a chain for images of one size and type: what does not depend on the pixels, kept for the next image.

A plan holds the schedule and, once an image was filtered whole, the steps: programs, launch geometry, checked numbers.
It holds no pixels, no memory of a device, and no machine code, which the engines keep.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from imgcuda.engine.protocol import Session
from imgcuda.engine.replay import Replay
from imgcuda.execution.point import stages
from imgcuda.execution.schedule import Schedule, chain_size, size_decider
from imgcuda.execution.step import Step
from imgcuda.filters import Filter

MOST = 64
"""The most plans that are cached; the least recently used are dropped."""


class ChainPlan:
    """What is known of a chain of filters for images of one shape and type. Threads may share it."""

    def __init__(
        self, filters: Sequence[Filter], shape: tuple[int, ...], dtype: np.dtype[Any], most: int | None = None
    ) -> None:
        """Make the plan for arrays of a shape; FilterError if a filter cannot make an image of that size.

        ImageError if a filter makes more than `most` pixels, where that is known before any pixel is.
        """
        self.filters, self.shape, self.dtype, self.most = filters, shape, dtype, most
        self.width, self.height = chain_size(filters, shape[1], shape[0], most)
        self.size_decider = size_decider(filters)
        """The filter that decides on the size of its result; width and height are those of what it is given."""
        self._schedule: Schedule | None = None
        self._channels: tuple[int, ...] | None = None
        self._steps: dict[tuple[bool, bool], dict[int, Step]] = {}
        """By whether they are on a GPU, and whether kernels must run themselves, as `Session` says."""

    @property
    def schedule(self) -> Schedule:
        """How the chain may run in strips."""
        if self._schedule is None:
            self._schedule = Schedule(self.filters, self.shape[1], self.shape[0])
        return self._schedule

    def steps(self, session: Session) -> dict[int, Step]:
        """Return the steps over whole images in sessions of a kind, as `run_chain` takes and completes them.

        A chain of filters that hold arrays has none: they are not kept, nor what is known of them.
        """
        return self._steps.setdefault((session.packs, session.tables is None), {})

    def replay(self, session: Session) -> Replay | None:
        """Return all that the chain does over a whole image, if an image has run and the next needs the same."""
        steps, left, found = self.steps(session), len(self.filters), None
        while left:
            step = steps.get(left)
            if step is None or step.replay is None:
                return None
            found = found.then(step.replay) if found else step.replay
            left -= len(step.filters)
        return found

    @property
    def channels(self) -> tuple[int, ...]:
        """The channels of the image before each filter, and after the last."""
        if self._channels is None:
            self._channels = tuple(stages(self.filters, self.shape[2] if len(self.shape) == 3 else 1))
        return self._channels

    @property
    def result_shape(self) -> tuple[int, ...]:
        """The shape of the result, as far as the filters declare it."""
        return self.shape_of((self.height, self.width, self.channels[-1]))

    def shape_of(self, made: tuple[int, ...]) -> tuple[int, ...]:
        """The shape of a result, three numbers, with the number of dimensions that filters give one by one."""
        return made[:2] if self._is_flat(made[2]) else made

    def as_array(self, result: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return a result (height, width, channels) with the number of dimensions that filters give one by one."""
        return result[:, :, 0] if self._is_flat(result.shape[2]) else result

    def _is_flat(self, channels: int) -> bool:
        """Return whether a result is two-dimensional: of one channel, unless its input had three dimensions and one."""
        return channels == 1 and not (len(self.shape) == 3 and set(self.channels) == {1})


def plan_for(
    filters: Sequence[Filter], shape: tuple[int, ...], dtype: np.dtype[Any], most: int | None = None
) -> ChainPlan:
    """Return the plan of a chain, kept if its filters have only numbers: pictures and tables must not be kept."""
    if all(map(_holds_only_numbers, map(type, filters))):
        known = _known(tuple(filters), shape, dtype, most)
        if all(map(_are_the_same, known.filters, filters)):
            return known
    return ChainPlan(filters, shape, dtype, most)


def _are_the_same(known: Filter, given: Filter) -> bool:
    """Return whether equal filters have the same numbers: 0 and -0 are equal, too."""
    return known is given or str(vars(known)) == str(vars(given))


@lru_cache(maxsize=MOST)
def _known(filters: tuple[Filter, ...], shape: tuple[int, ...], dtype: np.dtype[Any], most: int | None) -> ChainPlan:
    return ChainPlan(filters, shape, dtype, most)


def kept() -> int:
    """Return how many plans are kept."""
    return _known.cache_info().currsize


def forget() -> None:
    """Keep no plans: as if no image had been filtered yet."""
    _known.cache_clear()


_only_numbers: WeakKeyDictionary[type[Filter], bool] = WeakKeyDictionary()
"""Which classes of filters have no parameter but numbers, switches and choices."""


def _holds_only_numbers(kind: type[Filter]) -> bool:
    known = _only_numbers.get(kind)
    if known is None:
        known = _only_numbers[kind] = all(parameter.plain for parameter in kind.parameters())
    return known
