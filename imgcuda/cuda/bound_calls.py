"""Calls of the driver that are queued again and again: only the stream and the arrays' addresses differ."""

from __future__ import annotations

from collections import deque
from typing import Any, NamedTuple, Protocol

from imgcuda.cuda import driver_calls
from imgcuda.cuda.driver_calls import PackedArguments

Addresses = list[int]
"""The addresses of a run's arrays, by their numbers; 0 for one that has no memory, or none any more."""


class BoundCall(Protocol):
    """A call of the driver that is queued in a stream."""

    def queue(self, stream: int, addresses: Addresses) -> None:
        """Queue the call for arrays at these addresses; it updates those of arrays that it allocates or frees."""


class BoundLaunch(NamedTuple):
    """A launch of a kernel that is loaded."""

    function: int
    sizes: tuple[int, ...]
    """The sizes of the grid and of a block, along x, y and z, and the bytes of dynamic shared memory."""
    letters: str
    """The types of the arguments, as of `struct`."""
    values: tuple[Any, ...]
    """The values of the arguments; the value of an array is a placeholder for its address."""
    arrays: tuple[tuple[int, int], ...]
    """The place of each array among the arguments, and the array's number."""
    idle: deque[PackedArguments]
    """Memory for arguments that no thread is using."""

    def queue(self, stream: int, addresses: Addresses) -> None:
        values = list(self.values)
        for place, number in self.arrays:
            values[place] = addresses[number]
        try:
            memory = self.idle.pop()
        except IndexError:
            memory = PackedArguments(self.letters)
        memory.launch(self.function, self.sizes, stream, values)
        self.idle.append(memory)


class Allocate(NamedTuple):
    """An allocation, in the order of the stream."""

    number: int
    size: int
    pool: int

    def queue(self, stream: int, addresses: Addresses) -> None:
        addresses[self.number] = driver_calls.allocate(self.size, self.pool, stream)


class Clear(NamedTuple):
    """Zeros for an array."""

    number: int
    size: int

    def queue(self, stream: int, addresses: Addresses) -> None:
        driver_calls.clear(addresses[self.number], self.size, stream)


class Free(NamedTuple):
    """The end of an array."""

    number: int

    def queue(self, stream: int, addresses: Addresses) -> None:
        driver_calls.free(addresses[self.number], stream)
        addresses[self.number] = 0
