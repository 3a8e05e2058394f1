"""Records the calls that a step of a chain makes to a session, to repeat them for the next image of its size and type.

A filter's `run` may depend on anything, and is called for each image, unless the filter declares otherwise
(`only_launches`), or it is the one that all filters have.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from imgcuda.engine.protocol import DeviceArray, Launch, Session
from imgcuda.engine.replay import Operation, RecordedAllocation, RecordedLaunch, RecordedRelease, RecordedUpload, Replay
from imgcuda.filters import Filter, PointFilter, runs_alike

LARGEST_TABLE = 1 << 16
"""The most bytes of a table that is kept for the next image."""


class Recorder:
    """A session that passes all calls to another, and notes them."""

    def __init__(self, session: Session, image: DeviceArray) -> None:
        self._session = session
        self.packs, self.tables = session.packs, session.tables
        self._tables_before = self._tables_added()
        self._arrays = [image]  # all of them, so that each has an identity of its own
        self._numbers = {id(image): 0}
        self._operations: list[Operation] = []
        self._is_complete = True
        """Whether all calls so far may be repeated."""

    def empty(self, shape: Sequence[int], dtype: npt.DTypeLike) -> DeviceArray:
        return self._made(self._session.empty(shape, dtype), cleared=False)

    def zeros(self, shape: Sequence[int], dtype: npt.DTypeLike) -> DeviceArray:
        return self._made(self._session.zeros(shape, dtype), cleared=True)

    def _made(self, array: DeviceArray, cleared: bool) -> DeviceArray:
        self._note(RecordedAllocation(array.shape, array.dtype, cleared), array)
        return array

    def upload(self, array: npt.NDArray[Any]) -> DeviceArray:
        made = self._session.upload(array)
        if array.nbytes > LARGEST_TABLE:
            self._is_complete = False
        else:
            self._note(RecordedUpload(array.copy()), made)
        return made

    def download(self, array: DeviceArray) -> npt.NDArray[Any]:
        self._is_complete = False
        return self._session.download(array)

    def free(self, array: DeviceArray) -> None:
        self._session.free(array)
        if id(array) in self._numbers:
            self._operations.append(RecordedRelease(self._numbers[id(array)]))

    def launch(self, launch: Launch) -> None:
        self._session.launch(launch)
        places = [place for place, each in enumerate(launch.arguments) if isinstance(each, DeviceArray)]
        numbers = [self._numbers.get(id(launch.arguments[place]), -1) for place in places]
        if -1 in numbers or not _has_plain_memory(launch):
            self._is_complete = False
            return
        rest = [None if isinstance(each, DeviceArray) else each for each in launch.arguments]
        self._operations.append(
            RecordedLaunch(launch._replace(arguments=rest), tuple(zip(places, numbers, strict=True)))
        )

    def _note(self, operation: Operation, made: DeviceArray) -> None:
        self._numbers[id(made)] = len(self._arrays)
        self._arrays.append(made)
        self._operations.append(operation)

    def replay(self, made: DeviceArray) -> Replay | None:
        """Return what made a result; None if it cannot be repeated."""
        number = self._numbers.get(id(made))
        is_known = self._is_complete and self._tables_added() == self._tables_before
        return Replay(tuple(self._operations), number) if is_known and number else None

    def _tables_added(self) -> int:
        """Return how many tables the device has got: with a new one the next run may do something else."""
        return self.tables.added if self.tables else 0


def _has_plain_memory(launch: Launch) -> bool:
    """Return whether a launch has neither structures nor variables, which may hold arrays or change."""
    is_plain = all(each is None or isinstance(each, DeviceArray | np.generic) for each in launch.arguments)
    return is_plain and not launch.program.outline.constants and not launch.program.outline.variables


def may_be_replayed(filters: Sequence[Filter]) -> bool:
    """Return whether filters do the same for each image of one size and type."""
    if not isinstance(filters[0], PointFilter):
        return runs_alike(filters[0])
    return all(
        type(filter).arguments is Filter.arguments and type(filter).constants is Filter.constants for filter in filters
    )
