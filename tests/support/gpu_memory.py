"""Count what a process takes of a GPU's memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from imgcuda import devices
from imgcuda.cuda import memory as cuda_memory


class GpuMemory:
    """What is taken of a GPU's memory by this process alone, so that others may use the GPU meanwhile."""

    def __init__(self, gpu: str, allocate: Callable[[int], Any]) -> None:
        self._gpu, self._allocate = gpu, allocate
        self.taken = 0
        self.most = 0

    def take(self, size: int) -> Allocation:
        """Stand in for PyCUDA's own mem_alloc."""
        memory = self._allocate(size)
        self.taken += size
        self.most = max(self.most, self.taken)
        return Allocation(self, size, memory)

    def after_giving_back(self) -> int:
        """Return how much is taken when nothing is kept for the next filter."""
        with devices.choose(self._gpu).session():
            cuda_memory.give_back(int(self._gpu.removeprefix("cuda:")))
        return self.taken


class Allocation:
    """A piece of a GPU's memory that stands for PyCUDA's own: its number is its address."""

    def __init__(self, of: GpuMemory, size: int, memory: Any) -> None:
        self._of, self._size, self._memory = of, size, memory

    def __int__(self) -> int:
        return int(self._memory)

    def free(self) -> None:
        self._of.taken -= self._size
        self._memory.free()
