"""A pool of device memory, since cudaMalloc and cudaFree take longer than a small filter, and cudaFree synchronizes.

A session or stream reuses the memory that it frees. That needs no waiting: its work runs in order, so a kernel that
still reads the memory is done before the next use begins. When a session ends, after waiting for its work, its memory
becomes spare: any later session on that device may take it. The spare memory is limited to a share of the device's
memory; under a memory limit there is none; and it is freed when the device is full. PyCUDA's DeviceMemoryPool is not
used, since it has no lock and knows neither streams nor a limit.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import Any, NamedTuple, Protocol

from imgcuda.cuda.driver_api import driver
from imgcuda.engine.memory_limit import Budget
from imgcuda.errors import DeviceMemoryError

KEPT = 64
"""The largest share of a device's memory that is kept spare: one 64th."""


class Allocation(NamedTuple):
    """One allocation of device memory."""

    size: int
    memory: Any
    """The driver's handle; `int` of it is the address."""


class SessionMemory(Protocol):
    """The memory of one session."""

    def allocate(self, size: int) -> int:
        """Allocate `size` bytes, and return the address."""

    def free(self, address: int) -> None:
        """Free the allocation at an address, unless it was freed before."""

    def close(self, keep: bool) -> None:
        """Free everything."""


class StreamMemory:
    """The memory of one session, whose work runs in one stream; None is the default stream."""

    def __init__(self, device: int, budget: Budget, stream: Any) -> None:
        self._device, self._budget, self._stream = device, budget, stream
        self._used: dict[int, Allocation] = {}
        self._idle: list[Allocation] = []

    def allocate(self, size: int) -> int:
        """Allocate `size` bytes, and return the address. Raises DeviceMemoryError beyond the memory limit, and
        the driver's own error if the device is out of memory."""
        size = rounded(size)
        block = next((block for block in self._idle if block.size == size), None)
        if block is None:
            block = self._take(size)
        else:
            self._idle.remove(block)
        self._used[int(block.memory)] = block
        return int(block.memory)

    def free(self, address: int) -> None:
        """Free the allocation at an address, unless it was freed before."""
        if block := self._used.pop(address, None):
            self._idle.append(block)

    def close(self, keep: bool) -> None:
        """Free everything; with `keep`, make it spare. All work is done, or has failed."""
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
        try:
            return Allocation(size, driver().mem_alloc(size))
        except driver().MemoryError:
            self._trim()
            give_back(self._device)
            return Allocation(size, driver().mem_alloc(size))

    def _trim(self) -> None:
        """Return idle allocations to the driver."""
        wait_for(self._stream)
        while self._idle:
            block = self._idle.pop()
            self._budget.give(block.size)
            block.memory.free()


def wait_for(stream: Any) -> None:
    """Wait until the work queued in a stream so far is done; work of other threads is not waited for."""
    reached = driver().Event(driver().event_flags.DISABLE_TIMING)
    reached.record(stream)
    reached.synchronize()


def rounded(size: int) -> int:
    """Return a size rounded up, by at most an eighth or 4 MiB, so that more allocations can be reused."""
    step = 1 << min(max(9, size.bit_length() - 4), 22)
    return max(1, -(-size // step)) * step


# ---- spare memory, shared by all sessions of a device

_lock = threading.Lock()
_spares: dict[int, list[Allocation]] = {}


def most_kept(device: int) -> int:
    """Return how many bytes of a GPU's memory may be kept for the next filter."""
    return int(driver().Device(device).total_memory()) // KEPT


def _reuse(device: int, size: int) -> Allocation | None:
    """Return a spare allocation of exactly this size; None if there is none."""
    with _lock:
        spare = _spares.get(device, [])
        block = next((block for block in spare if block.size == size), None)
        if block is not None:
            spare.remove(block)
    return block


def _spare(device: int, blocks: list[Allocation], kept: int) -> None:
    """Keep at most `kept` bytes spare; return the oldest allocations beyond that, and too large ones, to the driver."""
    with _lock:
        spare = _spares.setdefault(device, [])
        spare += [block for block in blocks if block.size <= kept]
        given = [block for block in blocks if block.size > kept]
        while sum(block.size for block in spare) > kept:
            given.append(spare.pop(0))
    _give(given)


def give_back(device: int) -> None:
    """Return all spare memory of a device to the driver. The device's context must be current."""
    with _lock:
        blocks = _spares.pop(device, [])
    _give(blocks)


def _give(blocks: list[Allocation]) -> None:
    for block in blocks:
        with suppress(driver().Error):
            block.memory.free()
