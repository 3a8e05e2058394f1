"""A pool of pinned host memory through cuda-bindings, with what imgcuda uses of PyCUDA's PageLockedMemoryPool."""

from __future__ import annotations

import threading
from collections import defaultdict
from contextlib import suppress
from typing import Any

import numpy as np
import numpy.typing as npt

from imgcuda.cuda.bindings_driver import BindingsError, call
from imgcuda.cuda.memory import rounded

PORTABLE = 1
"""The flag of memory that all GPUs may use."""


class PinnedPool:
    """Pinned memory that is kept for the next array when an array is freed."""

    def __init__(self) -> None:
        self._lock = threading.RLock()  # reentrant: an array may be garbage-collected while this thread holds the lock
        self._idle: defaultdict[int, list[int]] = defaultdict(list)
        self._holds = True
        self.managed_bytes = 0
        """The bytes in use and idle."""

    def allocate(self, shape: tuple[int, ...], dtype: npt.DTypeLike) -> npt.NDArray[Any]:
        """Return an array whose memory comes back to the pool when the last view of it is freed."""
        kind = np.dtype(dtype)
        size = rounded(int(np.prod(shape)) * kind.itemsize)
        with self._lock:
            idle = self._idle[size]
            address = idle.pop() if idle else 0
            if not address:
                address = int(call("cuMemHostAlloc", size, PORTABLE))
                self.managed_bytes += size
        return np.asarray(_PinnedBlock(self, address, size, shape, kind))

    def give(self, address: int, size: int) -> None:
        """Take memory back."""
        with self._lock:
            self._idle[size].append(address)
            if not self._holds:
                self.free_held()

    def free_held(self) -> None:
        """Return idle memory to the system."""
        with self._lock:
            for size, addresses in self._idle.items():
                while addresses:
                    self.managed_bytes -= size
                    with suppress(BindingsError):  # the driver has ended
                        call("cuMemFreeHost", addresses.pop())

    def stop_holding(self) -> None:
        """Keep nothing any more."""
        self._holds = False
        self.free_held()


class _PinnedBlock:
    """Memory of a pool that is in use: what holds the memory of an array."""

    def __init__(self, pool: PinnedPool, address: int, size: int, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        self._pool, self._address, self._size = pool, address, size
        self.__array_interface__ = {"shape": shape, "typestr": dtype.str, "data": (address, False), "version": 3}

    def __del__(self) -> None:
        self._pool.give(self._address, self._size)
