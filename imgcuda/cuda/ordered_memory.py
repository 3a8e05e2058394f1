"""Device memory in stream order: it is allocated and freed as kernels are launched, without waiting for the device."""

from __future__ import annotations

from contextlib import suppress
from functools import cache

from imgcuda.cuda import context as cuda_context
from imgcuda.cuda import driver_calls
from imgcuda.cuda.memory import most_kept
from imgcuda.engine.memory_limit import Budget
from imgcuda.errors import ImgcudaError


@cache
def pool_of(device: int) -> int:
    """Return the memory pool of a GPU, which lasts as long as the process. Its context must be current."""
    return driver_calls.create_pool(device, most_kept(device))


class OrderedMemory:
    """The memory of one session, whose work runs in one stream."""

    def __init__(self, device: int, budget: Budget, stream: int) -> None:
        self._device, self._budget, self._stream = device, budget, stream
        self._sizes: dict[int, int] = {}

    def allocate(self, size: int) -> int:
        """Allocate `size` bytes, and return the address. Raises DeviceMemoryError if there is too little memory."""
        size = max(1, size)
        self._budget.take(size)
        try:
            address = driver_calls.allocate(size, pool_of(self._device), self._stream)
        except BaseException:
            self._budget.give(size)
            raise
        self._sizes[address] = size
        return address

    def free(self, address: int) -> None:
        """Free the allocation at an address; do nothing if there is none, as at that of a caller's array."""
        if size := self._sizes.pop(address, 0):
            self._budget.give(size)
            driver_calls.free(address, self._stream)

    def give_away(self, address: int) -> OwnedMemory:
        """Return the owner of an allocation that outlives the session."""
        self._budget.give(self._sizes.pop(address))
        return OwnedMemory(self._device, address)

    def close(self, keep: bool) -> None:
        """Free everything, after the work that is queued."""
        for address in list(self._sizes):
            self.free(address)


class OwnedMemory:
    """Memory that is freed with its last reference, after all work that is queued then, in any stream."""

    def __init__(self, device: int, address: int) -> None:
        self._device, self.address = device, address

    def __del__(self) -> None:
        with suppress(ImgcudaError), cuda_context.pushed_if_open(self._device) as is_open:
            if is_open:
                _free_after_all_work(self._device, self.address)


def _free_after_all_work(device: int, address: int) -> None:
    stream, event = cuda_context.take_stream(device), driver_calls.StreamEvent()
    try:
        if event.set_in_all_streams():
            event.hold_back(int(stream.handle))
        else:
            driver_calls.wait_for_all()
        driver_calls.free(address, int(stream.handle))
    finally:
        event.close()
        cuda_context.give_stream(device, stream)
