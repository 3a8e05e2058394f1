"""Host memory that a GPU copies at full speed: page-locked, and pooled, since locking takes longer than copying.

What goes to the device goes through it, copied by several threads while the GPU already fetches; what comes back
arrives in it, and the array keeps it until it dies. Beyond LARGEST_HELD results are in ordinary memory.
"""

from __future__ import annotations

import atexit
import os
import threading
import weakref
from functools import cache
from math import prod
from queue import SimpleQueue
from typing import Any

import numpy as np
import numpy.typing as npt

SMALL = 1 << 20
"""Bytes below which an ordinary copy is as fast."""

PIECE = 2 << 20
"""Bytes that one thread copies at a time."""

LARGEST_HELD = 2 << 30
"""Bytes of page-locked memory that may be in use at once: it is memory that the system cannot swap out."""

THREADS = 8

_lock = threading.Lock()
_held = 0
_ours: set[int] = set()
"""What owns the pool's memory that is in use, by its id."""


class Staging:
    """The way of arrays to the device, one after the other, in the order of a stream: None is the default stream."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._memory = self._source = np.empty(0, np.uint8)
        self._copies: _Copies | None = None
        self._sent: Any = None

    def fill(self, array: npt.NDArray[Any]) -> None:
        """Begin to copy a contiguous array into page-locked memory, unless it is there already, or small."""
        self.settle()
        given = array.reshape(-1).view(np.uint8)
        self._source = given if given.nbytes <= SMALL or _is_ours(given) else self._room(given)
        if self._source is not given:
            self._copies = _Copies(self._source, given)

    def send(self, pointer: int) -> None:
        """Queue the array's way to the device; it must not change before the stream has come so far."""
        import pycuda.driver as driver

        self._finish_copies()
        driver.memcpy_htod_async(pointer, self._source, self._stream)
        self._sent = driver.Event(driver.event_flags.DISABLE_TIMING)
        self._sent.record(self._stream)

    def settle(self) -> None:
        """Wait until what was filled in is no longer read or written."""
        self._finish_copies()
        if self._sent is not None:
            self._sent.synchronize()

    def close(self) -> None:
        """Give the page-locked memory back to the pool. The stream has come to its end."""
        self._finish_copies()
        self._memory = self._source = np.empty(0, np.uint8)

    def _finish_copies(self) -> None:
        if self._copies is not None:
            self._copies.wait()
        self._copies = None

    def _room(self, array: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        """Return page-locked memory for an array; if there is no more, the array itself: slow, but it works."""
        if self._memory.nbytes < array.nbytes:
            memory = _allocate(array.nbytes)
            if memory is None:
                return array
            self._memory = memory
        return self._memory[: array.nbytes]


def empty(shape: tuple[int, ...], dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    """Return an array for a result: page-locked if it is large and there is enough of that."""
    size = prod(shape) * dtype.itemsize
    memory = _allocate(size) if size > SMALL else None
    return np.empty(shape, dtype) if memory is None else memory.view(dtype).reshape(shape)


def _allocate(size: int) -> npt.NDArray[np.uint8] | None:
    """Return page-locked memory from the pool; None if too much is in use, or the system has no more."""
    import pycuda.driver as driver

    global _held
    with _lock:
        if _held + size > LARGEST_HELD:
            return None
        if _pool().managed_bytes + size > LARGEST_HELD:
            _pool().free_held()
        try:
            memory: npt.NDArray[np.uint8] = _pool().allocate((size,), np.uint8)
        except driver.Error:
            return None
        _held += size
        _ours.add(id(memory.base))
    weakref.finalize(memory.base, _returned, id(memory.base), size)
    return memory


def _returned(owner: int, size: int) -> None:
    global _held
    _held -= size
    _ours.discard(owner)


def _is_ours(array: npt.NDArray[Any]) -> bool:
    """Return whether an array lies in memory of the pool: the result of a filter, say, that is now to be filtered."""
    owner: object = array
    while isinstance(owner, np.ndarray):
        owner = owner.base
    return id(owner) in _ours


@cache
def _pool() -> Any:
    import pycuda.driver as driver
    from pycuda.tools import PageLockedAllocator, PageLockedMemoryPool

    pool = PageLockedMemoryPool(PageLockedAllocator(driver.host_alloc_flags.PORTABLE))  # for all GPUs alike
    atexit.register(pool.stop_holding)
    return pool


# ---- threads that copy


class _Copies:
    """The parts of an array, copied by several threads.

    Python's own executor takes as long to hand out a part, and to hear that it is done, as the part takes to be copied.
    """

    def __init__(self, target: npt.NDArray[np.uint8], source: npt.NDArray[np.uint8]) -> None:
        parts = [slice(start, start + PIECE) for start in range(0, source.nbytes, PIECE)]
        self._count = len(parts)
        self._done: list[slice] = []
        self._news: SimpleQueue[None] = SimpleQueue()
        for part in parts:
            _tasks().put((target, source, part, self._done, self._news))

    def wait(self) -> None:
        """Wait until all parts are copied. It may be interrupted, and asked again."""
        while len(self._done) < self._count:
            self._news.get()


@cache
def _tasks() -> SimpleQueue[Any]:
    """Return the queue from which threads take what they are to copy."""
    tasks: SimpleQueue[Any] = SimpleQueue()
    for number in range(min(THREADS, os.cpu_count() or 1)):
        threading.Thread(target=_copy, args=(tasks,), name=f"imgcuda-copy-{number}", daemon=True).start()
    return tasks


def _copy(tasks: SimpleQueue[Any]) -> None:
    while True:
        target, source, part, done, news = tasks.get()
        np.copyto(target[part], source[part])
        del target, source  # or they would live on for as long as there is nothing to do
        done.append(part)
        news.put(None)
