"""Copy-on-write for the caller's arrays: kernels read them in place; a kernel that writes to one gets a copy of it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from imgcuda.engine.protocol import DeviceArray, LaunchArgument


@dataclass
class _Loan:
    """An array of the caller, and the copy made before a kernel first wrote to it, if one did."""

    array: npt.NDArray[Any]
    copy: npt.NDArray[np.uint8] | None = None

    @property
    def start(self) -> int:
        return self.array.ctypes.data

    def holds(self, pointer: int) -> bool:
        return self.start <= pointer < self.start + self.array.nbytes

    def overlaps(self, array: npt.NDArray[Any]) -> bool:
        return self.start < array.ctypes.data + array.nbytes and array.ctypes.data < self.start + self.array.nbytes

    def own(self, array: DeviceArray) -> DeviceArray:
        """Return an array, or a part of it, in the copy, if there is one."""
        if self.copy is None:
            return array
        first = array.pointer - self.start
        bytes = self.copy[first : first + array.nbytes]
        return replace(array, pointer=bytes.ctypes.data, owner=bytes.view(array.dtype).reshape(array.shape))


class Loans:
    """The arrays of the caller that a session uses and must not change."""

    def __init__(self) -> None:
        self._loans: dict[int, _Loan] = {}

    def lend(self, array: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return the array to work on: the caller's, or a copy if it overlaps one that is lent already.

        As on a GPU, two uploads of one array are then different memory.
        """
        if any(loan.overlaps(array) for loan in self._loans.values()):
            return array.copy()
        self._loans[array.ctypes.data] = _Loan(array)
        return array

    def give_back(self, array: DeviceArray) -> None:
        """Forget an array that is released."""
        self._loans.pop(array.pointer, None)

    def __contains__(self, array: DeviceArray) -> bool:
        return any(loan.holds(array.pointer) for loan in self._loans.values())

    def own(self, array: DeviceArray) -> DeviceArray:
        """Return an array with the writes of kernels: the copy, if one was made."""
        return next((loan.own(array) for loan in self._loans.values() if loan.holds(array.pointer)), array)

    def arguments(self, arguments: Sequence[LaunchArgument], written: Collection[int]) -> list[LaunchArgument]:
        """Return the arguments of a launch, with copies in place of lent arrays that it may write to."""
        for position in written:
            for loan in self._of(arguments[position]):
                if loan.copy is None:
                    loan.copy = loan.array.reshape(-1).view(np.uint8).copy()
        return [self.own(each) if isinstance(each, DeviceArray) else each for each in arguments]

    def _of(self, argument: LaunchArgument) -> Iterator[_Loan]:
        if isinstance(argument, DeviceArray):
            yield from (loan for loan in self._loans.values() if loan.holds(argument.pointer))
