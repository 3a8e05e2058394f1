"""Records what the core asks of a session to run per-pixel filters, so that the next image of the kind needs no more.

Only the core's own work is replayed: a filter's `run` may depend on anything, and is called for each image.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from imgcuda.engine.protocol import NO_MEMORY, DeviceArray, Launch, LaunchArgument, Session
from imgcuda.execution import tables
from imgcuda.filters import Filter, PointFilter
from imgcuda.programs.layout import Dim3
from imgcuda.programs.source import Program


class Replay(NamedTuple):
    """One launch over an image, with all that does not depend on the image: program, geometry, numbers as checked."""

    program: Program
    kernel: str
    grid: Dim3
    block: Dim3
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    numbers: tuple[LaunchArgument, ...]
    """The arguments after the image and the result."""

    def run(self, session: Session, image: DeviceArray) -> DeviceArray:
        """Return the result for another image of the same shape and type."""
        made = session.empty(self.shape, self.dtype)
        try:
            session.launch(Launch(self.program, self.kernel, self.grid, self.block, (image, made, *self.numbers)))
        except BaseException:
            session.free(made)
            raise
        return made


class Recorder:
    """A session that passes all calls to another, and notes the allocations and launches."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.packs, self.tables = session.packs, session.tables
        self._launches: list[Launch] = []
        self._others = False
        """Whether there were calls that a Replay does not repeat."""

    def empty(self, shape: Sequence[int], dtype: npt.DTypeLike) -> DeviceArray:
        return self._session.empty(shape, dtype)

    def zeros(self, shape: Sequence[int], dtype: npt.DTypeLike) -> DeviceArray:
        self._others = True
        return self._session.zeros(shape, dtype)

    def upload(self, array: npt.NDArray[Any]) -> DeviceArray:
        self._others = True
        return self._session.upload(array)

    def download(self, array: DeviceArray) -> npt.NDArray[Any]:
        self._others = True
        return self._session.download(array)

    def free(self, array: DeviceArray) -> None:
        self._session.free(array)

    def launch(self, launch: Launch) -> None:
        self._session.launch(launch)
        self._others |= launch.memory != NO_MEMORY
        self._launches.append(launch)

    def replay(self, image: DeviceArray, made: DeviceArray) -> Replay | None:
        """Return what made a result from an image, if that was one launch with both and numbers; else None."""
        if self._others or len(self._launches) != 1:
            return None
        program, kernel, grid, block, (given, result, *numbers), _ = self._launches[0]
        if given is not image or result is not made or any(isinstance(each, DeviceArray) for each in numbers):
            return None
        return Replay(program, kernel, grid, block, made.shape, made.dtype, tuple(numbers))


def may_be_replayed(filters: Sequence[Filter], image: DeviceArray) -> bool:
    """Return whether filters run by the core's work alone, on arguments that are their fields, and always the same way.

    The core may run filters over a large image in another way the next time (tables.py).
    """
    return image.nbytes < tables.SMALLEST and all(
        isinstance(filter, PointFilter)
        and type(filter).arguments is Filter.arguments
        and type(filter).constants is Filter.constants
        for filter in filters
    )
