"""Device memory that is used again: to take it from the driver and to give it back takes longer than a small filter,
and giving it back waits for all that the device does.

What a session or a lane frees it keeps for its own next wishes. That needs no waiting: its work is done in order, so
what still reads the memory is done before what uses it next begins. At its end, when it has waited for its work, its
memory becomes spare, for whoever comes next on that device. No more than a part of it is, none under a memory
limit, and all are given back when the device is full. PyCUDA's own DeviceMemoryPool has no lock, and knows neither
lanes nor a limit.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import Any, NamedTuple

from imgcuda.engine.memory_limit import Budget
from imgcuda.errors import DeviceMemoryError

KEPT = 64
"""Which part of a device's memory may be spare: one 64th."""


class Allocation(NamedTuple):
    """A piece of device memory."""

    size: int
    memory: Any
    """PyCUDA's handle of it, whose number is the address."""


class StreamMemory:
    """The memory of one session or lane, whose work is in the order of a stream: None is the default stream."""

    def __init__(self, device: int, budget: Budget, stream: Any) -> None:
        self._device, self._budget, self._stream = device, budget, stream
        self._used: dict[int, Allocation] = {}
        self._idle: list[Allocation] = []

    def allocate(self, size: int) -> int:
        """Return the address of so many bytes. Raises DeviceMemoryError if the budget does not have them, or
        PyCUDA's own error if the device does not."""
        size = rounded(size)
        block = next((block for block in self._idle if block.size == size), None)
        if block is None:
            block = self._take(size)
        else:
            self._idle.remove(block)
        self._used[int(block.memory)] = block
        return int(block.memory)

    def free(self, address: int) -> None:
        """Release what stands at an address, if it has not been before."""
        if block := self._used.pop(address, None):
            self._idle.append(block)

    def close(self, keep: bool) -> None:
        """Release everything. The work is done; or else, if it failed, nothing is worth keeping."""
        blocks = [*self._used.values(), *self._idle]
        self._used.clear()
        self._idle.clear()
        for block in blocks:
            self._budget.give(block.size)
        _spare(self._device, blocks, most_kept(self._device) if keep and self._budget.limit is None else 0)

    def _take(self, size: int) -> Allocation:
        try:
            self._budget.take(size)
        except DeviceMemoryError:
            self._trim()
            self._budget.take(size)
        try:
            return _reuse(self._device, size) or self._allocate(size)
        except BaseException:
            self._budget.give(size)
            raise

    def _allocate(self, size: int) -> Allocation:
        import pycuda.driver as driver

        try:
            return Allocation(size, driver.mem_alloc(size))
        except driver.MemoryError:
            self._trim()
            give_back(self._device)
            return Allocation(size, driver.mem_alloc(size))

    def _trim(self) -> None:
        """Give back to the driver what is idle."""
        wait_for(self._stream)
        while self._idle:
            block = self._idle.pop()
            self._budget.give(block.size)
            block.memory.free()


def wait_for(stream: Any) -> None:
    """Wait until all that was queued in a stream is done, and not for what other threads do."""
    import pycuda.driver as driver

    reached = driver.Event(driver.event_flags.DISABLE_TIMING)
    reached.record(stream)
    reached.synchronize()


def rounded(size: int) -> int:
    """Return a size, or a little more, that others are likely to have too: at most an eighth or 4 MiB."""
    step = 1 << min(max(9, size.bit_length() - 4), 22)
    return max(1, -(-size // step)) * step


# ---- what is spare

_lock = threading.Lock()
_spares: dict[int, list[Allocation]] = {}


def most_kept(device: int) -> int:
    """Return how many bytes of a GPU's memory may be kept for the next filter."""
    import pycuda.driver as driver

    return int(driver.Device(device).total_memory()) // KEPT


def _reuse(device: int, size: int) -> Allocation | None:
    """Return a spare block of exactly this size; None if there is none."""
    with _lock:
        spare = _spares.get(device, [])
        block = next((block for block in spare if block.size == size), None)
        if block is not None:
            spare.remove(block)
    return block


def _spare(device: int, blocks: list[Allocation], kept: int) -> None:
    """Keep blocks for others, and give back what has been spare for longest, or is too large, beyond `kept` bytes."""
    with _lock:
        spare = _spares.setdefault(device, [])
        spare += [block for block in blocks if block.size <= kept]
        given = [block for block in blocks if block.size > kept]
        while sum(block.size for block in spare) > kept:
            given.append(spare.pop(0))
    _give(given)


def give_back(device: int) -> None:
    """Give all that is spare on a device back to the driver. Its context is current."""
    with _lock:
        blocks = _spares.pop(device, [])
    _give(blocks)


def _give(blocks: list[Allocation]) -> None:
    import pycuda.driver as driver

    for block in blocks:
        with suppress(driver.Error):
            block.memory.free()
