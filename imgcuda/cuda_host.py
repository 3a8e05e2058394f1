"""Host memory that a GPU copies at full speed: page-locked, and pooled, since locking takes longer than copying.

What is uploaded goes through it, copied by several threads while the GPU already fetches; what is downloaded
arrives in it, and the array keeps it until it dies. Beyond LARGEST_HELD results are in ordinary memory.
"""

from __future__ import annotations

import atexit
import os
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

SMALL = 1 << 20
"""Bytes below which an ordinary copy is as fast."""

PIECE = 4 << 20
"""Bytes that one thread copies at a time."""

LARGEST_HELD = 2 << 30
"""Bytes of page-locked memory that may be in use at once: it is memory that the system cannot swap out."""

THREADS = 8

_lock = threading.Lock()
_held = 0


def upload(pointer: int, array: npt.NDArray[Any]) -> None:
    """Copy a contiguous array to the device, and return when the host's copy is no longer needed."""
    import pycuda.driver as driver

    staging = _allocate(array.nbytes) if array.nbytes > SMALL else None
    if staging is None:
        driver.memcpy_htod(pointer, array)
        return
    stream = driver.Stream()
    source = array.reshape(-1).view(np.uint8)
    pieces = [slice(start, min(start + PIECE, array.nbytes)) for start in range(0, array.nbytes, PIECE)]
    for piece in _threads().map(lambda piece: _copy(staging, source, piece), pieces):
        driver.memcpy_htod_async(pointer + piece.start, staging[piece], stream)
    stream.synchronize()


def empty(shape: tuple[int, ...], dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    """Return an array for a result: page-locked if it is large and there is enough of that."""
    size = int(np.prod(shape)) * dtype.itemsize
    memory = _allocate(size) if size > SMALL else None
    return np.empty(shape, dtype) if memory is None else memory.view(dtype).reshape(shape)


def _copy(target: npt.NDArray[Any], source: npt.NDArray[Any], piece: slice) -> slice:
    np.copyto(target[piece], source[piece])
    return piece


def _allocate(size: int) -> npt.NDArray[np.uint8] | None:
    """Return page-locked memory from the pool; None if too much is in use, or the system has no more."""
    import pycuda.driver as driver

    global _held
    with _lock:
        if _held + size > LARGEST_HELD:
            return None
        try:
            memory: npt.NDArray[np.uint8] = _pool().allocate((size,), np.uint8)
        except driver.Error:
            return None
        _held += size
    weakref.finalize(memory.base, _returned, size)
    return memory


def _returned(size: int) -> None:
    global _held
    _held -= size


@cache
def _pool() -> Any:
    import pycuda.driver as driver
    from pycuda.tools import PageLockedAllocator, PageLockedMemoryPool

    pool = PageLockedMemoryPool(PageLockedAllocator(driver.host_alloc_flags.PORTABLE))  # for all GPUs alike
    atexit.register(pool.stop_holding)
    return pool


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(min(THREADS, os.cpu_count() or 1), thread_name_prefix="imgcuda-copy")
