"""Copy-on-write for the caller's arrays: kernels read them in place; a kernel that writes to one gets a copy of it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from imgcuda.engine.protocol import DeviceArray, LaunchArgument


class _Loan:
    """An array of the caller, and the copy made before a kernel first wrote to it, if one did."""

    def __init__(self, array: npt.NDArray[Any]) -> None:
        self.array = array
        self.copy: npt.NDArray[np.uint8] | None = None
        self.start = address(array)
        self.end = self.start + array.nbytes

    def holds(self, pointer: int) -> bool:
        return self.start <= pointer < self.end

    def overlaps(self, array: npt.NDArray[Any]) -> bool:
        start = address(array)
        return self.start < start + array.nbytes and start < self.end

    def current(self, array: DeviceArray) -> DeviceArray:
        """Return an array, or a part of it, in the copy, if there is one."""
        if self.copy is None:
            return array
        first = array.pointer - self.start
        bytes = self.copy[first : first + array.nbytes]
        return replace(array, pointer=address(bytes), owner=bytes.view(array.dtype).reshape(array.shape))


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
        loan = _Loan(array)
        self._loans[loan.start] = loan
        return array

    def give_back(self, array: DeviceArray) -> None:
        """Forget an array that is released."""
        self._loans.pop(array.pointer, None)

    def __contains__(self, array: DeviceArray) -> bool:
        return any(loan.holds(array.pointer) for loan in self._loans.values())

    def current(self, array: DeviceArray) -> DeviceArray:
        """Return an array with the writes of kernels: the copy, if one was made."""
        return next((loan.current(array) for loan in self._loans.values() if loan.holds(array.pointer)), array)

    def arguments(self, arguments: Sequence[LaunchArgument], written: Collection[int]) -> list[LaunchArgument]:
        """Return the arguments of a launch, with copies in place of lent arrays that it may write to."""
        for position in written:
            for loan in self._loans_of(arguments[position]):
                if loan.copy is None:
                    loan.copy = loan.array.reshape(-1).view(np.uint8).copy()
        return [self.current(each) if isinstance(each, DeviceArray) else each for each in arguments]

    def _loans_of(self, argument: LaunchArgument) -> Iterator[_Loan]:
        if isinstance(argument, DeviceArray):
            yield from (loan for loan in self._loans.values() if loan.holds(argument.pointer))


def address(array: npt.NDArray[Any]) -> int:
    """Return where an array's memory begins; faster than `array.ctypes.data`."""
    return int(array.__array_interface__["data"][0])
