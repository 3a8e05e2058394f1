"""A session for arrays that are on a GPU: its work is queued after the caller's, and nothing waits for the device."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt

from imgcuda.cuda import context as cuda_context
from imgcuda.cuda import driver_calls
from imgcuda.cuda.bound_calls import BoundLaunch
from imgcuda.cuda.context import translated
from imgcuda.cuda.device import CudaSession, letters_of
from imgcuda.cuda.driver_api import driver
from imgcuda.cuda.ordered_memory import OrderedMemory, OwnedMemory, pool_of
from imgcuda.engine.memory_limit import Budget
from imgcuda.engine.protocol import DeviceArray, Launch


class QueuedSession(CudaSession):
    """A session in a stream of its own. When it ends, its work may still run; the caller orders it against others'."""

    def __init__(self, index: int, budget: Budget, stream: Any) -> None:
        self.stream = int(stream.handle)
        """Its stream, as a number."""
        self._ordered = OrderedMemory(index, budget, self.stream)
        super().__init__(index, budget, stream, self._ordered)
        self._target: DeviceArray | None = None
        self._taken = False
        """Whether an array lies in the target."""

    def offer_array(self, target: DeviceArray | None) -> None:
        """Offer memory for the result: an array of its shape and type may be allocated there."""
        self._target, self._taken = target, False

    def empty(self, shape: Sequence[int], dtype: npt.DTypeLike) -> DeviceArray:
        target = self._target
        if target is None or self._taken or (target.shape, target.dtype) != (tuple(shape), np.dtype(dtype)):
            return super().empty(shape, dtype)
        self._taken = True
        return DeviceArray(target.pointer, target.shape, target.dtype)

    def free(self, array: DeviceArray) -> None:
        if self._target is not None and array.pointer == self._target.pointer:
            self._taken = False
        super().free(array)

    def upload(self, array: npt.NDArray[Any]) -> DeviceArray:
        made = super().empty(array.shape, array.dtype)
        with translated(f"cuda:{self._index}: copying to the device"):  # pageable memory is read before it returns
            driver().memcpy_htod_async(made.pointer, np.ascontiguousarray(array), self._stream)
        return made

    def copy(self, target: DeviceArray, source: DeviceArray) -> None:
        """Queue a copy of an array to another of its size."""
        with translated(f"cuda:{self._index}: copying on the device"):
            driver().memcpy_dtod_async(target.pointer, source.pointer, source.nbytes, self._stream)

    def wait_for_stream(self, stream: int) -> None:
        """Make all later work of this session wait for the work queued in another stream."""
        driver_calls.order(self._index, stream, self.stream)

    def let_wait(self, stream: int) -> None:
        """Make all later work of another stream wait for the work queued in this session."""
        driver_calls.order(self._index, self.stream, stream)

    @property
    def pool(self) -> int:
        """The memory pool that its arrays come from."""
        return pool_of(self._index)

    @property
    def index(self) -> int:
        """The number of its GPU."""
        return self._index

    def bind(self, launch: Launch, arrays: tuple[tuple[int, int], ...]) -> BoundLaunch:
        """Return a launch, without `__constant__` or `__device__` variables, that may be queued again.

        `arrays` are the places of arrays among its arguments, and their numbers.
        """
        program, kernel, grid, block, arguments, memory = launch
        shared = memory.shared if memory.shared > cuda_context.SHARED else 0
        function = cuda_context.number_of_function(self._index, program, kernel, shared)
        sizes, letters = (*grid, *block, memory.shared), letters_of(arguments)
        return BoundLaunch(function, sizes, letters, tuple(arguments), arrays, deque())

    def may_use(self, address: int) -> bool:
        """Return whether kernels may use memory at an address of this device."""
        return driver_calls.is_of_current_context(address)

    def give_away(self, array: DeviceArray) -> OwnedMemory:
        """Return the owner of an array that outlives the session."""
        return self._ordered.give_away(array.pointer)

    def hold(self, owner: object) -> None:
        """Keep an object alive until the work queued in this session is done; a later session drops it."""
        event = driver_calls.StreamEvent()
        event.set_in(self.stream)
        _held.append((self._index, event, owner))

    def close(self) -> None:
        """Free all memory, after the work that is queued; textures are freed by a later session."""
        for texture in self._textures:
            self.hold(texture)
        self._memory.close(keep=True)


def order_streams(index: int, before: int, after: int) -> None:
    """Make all later work of a GPU's stream wait for the work queued in another stream; the host does not wait."""
    cuda_context.context(index).push()
    try:
        driver_calls.order(index, before, after)
    finally:
        driver().Context.pop()


@contextmanager
def queued_session(index: int) -> Iterator[QueuedSession]:
    """Return a context for a session on a GPU that does not wait for its work at the end."""
    budget = Budget(f"cuda:{index}")
    with translated(f"cuda:{index}"):
        cuda_context.context(index).push()
    try:
        _drop_held(index)
        stream = cuda_context.take_stream(index)
        try:
            with closing(QueuedSession(index, budget, stream)) as session:
                yield session
        finally:
            cuda_context.give_stream(index, stream)
    finally:
        driver().Context.pop()


_lock = threading.Lock()
_held: deque[tuple[int, driver_calls.StreamEvent, object]] = deque()
"""What the work of ended sessions reads, and where that work ends."""


def _drop_held(index: int) -> None:
    """Drop what finished work has read."""
    with _lock:
        done = [each for each in list(_held) if each[0] == index and each[1].is_reached()]
        for each in done:
            _held.remove(each)
            each[1].close()
