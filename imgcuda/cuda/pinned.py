"""Pinned (page-locked) host memory, which a GPU copies at full speed; pooled, since pinning takes longer than copying.

Results are allocated in it, and keep it until they are freed. Beyond LARGEST_HELD they are in pageable memory.
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

from imgcuda.cuda.driver_api import choice, driver

SMALL = 1 << 20
"""Size in bytes below which a copy from pageable memory is as fast."""

LARGEST_HELD = 2 << 30
"""The most bytes of pinned memory in use at once: the system cannot swap it out."""

_lock = threading.RLock()  # reentrant: an array may be garbage-collected while this thread holds the lock
_held = 0
_ours: set[int] = set()
"""The ids of the owners of pinned memory that is in use."""


def empty(shape: tuple[int, ...], dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    """Return an array for a result: in pinned memory if it is large and enough is left."""
    size = prod(shape) * dtype.itemsize
    memory = allocate(size) if size > SMALL else None
    return np.empty(shape, dtype) if memory is None else memory.view(dtype).reshape(shape)


def allocate(size: int) -> npt.NDArray[np.uint8] | None:
    """Return pinned memory from the pool; None if the limit or the system's memory is exhausted."""
    global _held
    with _lock:
        if _held + size > LARGEST_HELD:
            return None
        if _pool().managed_bytes + size > LARGEST_HELD:
            _pool().free_held()
        try:
            memory: npt.NDArray[np.uint8] = _pool().allocate((size,), np.uint8)
        except driver().Error:
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


def bytes_in_use() -> int:
    """Return how many bytes of the pool are in use."""
    return _held


def register(memory: npt.NDArray[np.uint8]) -> bool:
    """Pin memory that another has allocated; return whether that could be done. A context must be current."""
    from cuda.bindings import driver

    (error,) = driver.cuMemHostRegister(memory.ctypes.data, memory.nbytes, driver.CU_MEMHOSTREGISTER_PORTABLE)
    if error != driver.CUresult.CUDA_SUCCESS:
        return False
    _ours.add(id(_owner(memory)))
    return True


def unregister(memory: npt.NDArray[np.uint8]) -> None:
    """Let memory be pinned no longer. A context must be current."""
    from cuda.bindings import driver

    _ours.discard(id(_owner(memory)))
    driver.cuMemHostUnregister(memory.ctypes.data)


def is_ours(array: npt.NDArray[Any]) -> bool:
    """Return whether an array lies in pinned memory, like the result of an earlier filter."""
    return id(_owner(array)) in _ours


def _owner(array: npt.NDArray[Any]) -> object:
    """Return what holds the memory of an array."""
    owner: object = array
    while isinstance(owner, np.ndarray):
        owner = owner.base
    return owner


@cache
def _pool() -> Any:
    if choice() == "pycuda":
        from pycuda.tools import PageLockedAllocator, PageLockedMemoryPool

        pool: Any = PageLockedMemoryPool(PageLockedAllocator(driver().host_alloc_flags.PORTABLE))  # usable by all GPUs
    else:
        from imgcuda.cuda.bindings_pool import PinnedPool

        pool = PinnedPool()
    atexit.register(pool.stop_holding)
    return pool
