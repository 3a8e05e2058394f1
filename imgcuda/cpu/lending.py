"""Copy-on-write for the caller's arrays: kernels read them in place; a kernel that writes to one gets a copy of it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from imgcuda.engine.protocol import DeviceArray, LaunchArgument


class _Loan:
    """An array of the caller, and the copy made before a kernel first wrote to it, if one did."""

    def __init__(self, array: DeviceArray) -> None:
        self.array = array
        self.copy: npt.NDArray[np.uint8] | None = None
        self.start = array.pointer
        self.end = self.start + array.nbytes

    def holds(self, pointer: int) -> bool:
        return self.start <= pointer < self.end

    def own_copy(self) -> npt.NDArray[np.uint8]:
        """Return the copy; the first time, make it."""
        if self.copy is None:
            assert isinstance(self.array.owner, np.ndarray)
            self.copy = self.array.owner.reshape(-1).view(np.uint8).copy()
        return self.copy

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

    def lend(self, array: DeviceArray) -> bool:
        """Take in an array of the caller's; return False, and do nothing, if it overlaps one that is lent already.

        As on a GPU, two uploads of one array must be different memory.
        """
        made = _Loan(array)
        for loan in self._loans.values():
            if loan.start < made.end and made.start < loan.end:
                return False
        self._loans[made.start] = made
        return True

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
        loans = [*self._loans.values()]
        for position in written:
            argument = arguments[position]
            for loan in loans:
                if isinstance(argument, DeviceArray) and loan.holds(argument.pointer):
                    loan.own_copy()
        if all(loan.copy is None for loan in loans):
            return list(arguments)
        return [self.current(each) if isinstance(each, DeviceArray) else each for each in arguments]


def address(array: npt.NDArray[Any]) -> int:
    """Return where an array's memory begins; faster than `array.ctypes.data`."""
    return int(array.__array_interface__["data"][0])
