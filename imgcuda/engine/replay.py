"""The calls of a session that make a result from an image, recorded to be made again for the next image."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from imgcuda.engine.protocol import DeviceArray, Launch, LaunchArgument, Session

Arrays = list[DeviceArray]
"""The arrays of one run, by their numbers: the image is number 0."""


class RecordedAllocation(NamedTuple):
    """An array with undefined contents, or of zeros."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    cleared: bool

    def repeat(self, session: Session, arrays: Arrays) -> None:
        arrays.append((session.zeros if self.cleared else session.empty)(self.shape, self.dtype))

    def renumbered(self, numbers: Sequence[int]) -> RecordedAllocation:
        return self


class RecordedUpload(NamedTuple):
    """A table of a filter."""

    array: npt.NDArray[Any]

    def repeat(self, session: Session, arrays: Arrays) -> None:
        arrays.append(session.upload(self.array))

    def renumbered(self, numbers: Sequence[int]) -> RecordedUpload:
        return self


class RecordedLaunch(NamedTuple):
    """A launch, with all that does not depend on the image: program, geometry, numbers as checked."""

    launch: Launch
    """The launch, with None in place of each array among its arguments."""
    arrays: tuple[tuple[int, int], ...]
    """The place of each array among the arguments, and the array's number."""

    def of(self, arrays: Sequence[DeviceArray]) -> Launch:
        """Return the launch with its arrays."""
        arguments: list[LaunchArgument] = list(self.launch.arguments)
        for place, number in self.arrays:
            arguments[place] = arrays[number]
        return self.launch._replace(arguments=arguments)

    def repeat(self, session: Session, arrays: Arrays) -> None:
        session.launch(self.of(arrays))

    def renumbered(self, numbers: Sequence[int]) -> RecordedLaunch:
        return RecordedLaunch(self.launch, tuple((place, numbers[number]) for place, number in self.arrays))


class RecordedRelease(NamedTuple):
    """The end of an array."""

    number: int

    def repeat(self, session: Session, arrays: Arrays) -> None:
        session.free(arrays[self.number])

    def renumbered(self, numbers: Sequence[int]) -> RecordedRelease:
        return RecordedRelease(numbers[self.number])


Operation: TypeAlias = RecordedAllocation | RecordedUpload | RecordedLaunch | RecordedRelease
"""A call of a session. `repeat` makes it again; one that makes an array appends that to the arrays. `renumbered` is the
call on other arrays: the number of each is at the place of the number that it replaces."""


class Replay(NamedTuple):
    """What makes a result from an image, in order."""

    operations: tuple[Operation, ...]
    result: int
    """The number of the result among the arrays."""

    def run(self, session: Session, image: DeviceArray) -> DeviceArray:
        """Return the result for another image of the same shape and type. The image is not changed."""
        arrays = [image]
        try:
            for each in self.operations:
                each.repeat(session, arrays)
        except BaseException:
            for array in arrays[1:]:
                session.free(array)
            raise
        return arrays[self.result]

    def then(self, next: Replay) -> Replay:
        """Return both as one: `next` takes the result of this one, which is freed."""
        own = 1 + sum(isinstance(each, RecordedAllocation | RecordedUpload) for each in self.operations)
        numbers = (self.result, *range(own, own + len(next.operations)))
        after = (*(each.renumbered(numbers) for each in next.operations), RecordedRelease(self.result))
        return Replay((*self.operations, *after), numbers[next.result])
