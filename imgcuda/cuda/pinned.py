"""Host memory that a GPU copies at full speed: page-locked, and pooled, since locking takes longer than copying.

Results are in it, and keep it until they die. Beyond LARGEST_HELD they are in ordinary memory.
"""

from __future__ import annotations

import atexit
import threading
import weakref
from functools import cache
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

SMALL = 1 << 20
"""Bytes below which an ordinary copy is as fast."""

LARGEST_HELD = 2 << 30
"""Bytes of page-locked memory that may be in use at once: it is memory that the system cannot swap out."""

_lock = threading.RLock()  # an array may die while its thread holds it
_held = 0
_ours: set[int] = set()
"""What owns the pool's memory that is in use, by its id."""


def empty(shape: tuple[int, ...], dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    """Return an array for a result: page-locked if it is large and there is enough of that."""
    size = prod(shape) * dtype.itemsize
    memory = allocate(size) if size > SMALL else None
    return np.empty(shape, dtype) if memory is None else memory.view(dtype).reshape(shape)


def allocate(size: int) -> npt.NDArray[np.uint8] | None:
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
    with _lock:
        _held -= size
        _ours.discard(owner)


def held() -> int:
    """Return how many bytes of the pool are in use."""
    return _held


def is_ours(array: npt.NDArray[Any]) -> bool:
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
