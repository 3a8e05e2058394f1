"""Memory that a worker and the server of a device share: the pixels of one image, and of its result.

It has no name: it goes when the last process that holds it ends, however that ends, and no limit of /dev/shm is asked.
"""

from __future__ import annotations

import mmap
import os
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from imgcuda.errors import DeviceMemoryError, out_of_memory

Array = npt.NDArray[Any]

PAGE = 1 << 12
MOST_IDLE = 1 << 28
"""Bytes of a slot above which it is given back once an image needs less than a quarter of it."""


class Slot:
    """Shared memory that grows. Both processes have one, of the same file descriptor."""

    def __init__(self, descriptor: int | None = None) -> None:
        """Make new memory, or map that of a descriptor, which is closed in the end."""
        self.descriptor = os.memfd_create("imgcuda") if descriptor is None else descriptor
        self.memory: npt.NDArray[np.uint8] = np.empty(0, np.uint8)

    def reserve(self, size: int) -> None:
        """Make the memory so large at least, and map what the other process has reserved. Arrays in it stay valid.

        Raises DeviceMemoryError if there is too little memory.
        """
        there = os.fstat(self.descriptor).st_size
        if there < size:
            there = room(size)
            try:
                os.posix_fallocate(self.descriptor, 0, there)
            except OSError as error:
                raise DeviceMemoryError(out_of_memory(MemoryError())) from error
        if there > self.memory.nbytes:
            self.memory = np.frombuffer(mmap.mmap(self.descriptor, there), np.uint8)

    def array(self, start: int, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
        """Return an array in the memory, which must be reserved."""
        size = prod(shape) * dtype.itemsize
        return self.memory[start : start + size].view(dtype).reshape(shape)

    def close(self) -> None:
        """Give the memory back as soon as no array is in it."""
        self.memory = np.empty(0, np.uint8)
        os.close(self.descriptor)

    @property
    def is_wasteful(self) -> bool:
        """Whether it is so large that it is not kept for smaller images."""
        return self.memory.nbytes > MOST_IDLE


def room(size: int) -> int:
    """Return a size rounded up to whole pages."""
    return -(-size // PAGE) * PAGE
