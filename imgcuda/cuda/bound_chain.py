"""A chain that ran on a GPU, ready to be queued again: code loaded, tables there, all known but the arrays' addresses.

The time of a call with a small array is that of its Python code; a bound chain needs little of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from imgcuda.cuda import context as cuda_context
from imgcuda.cuda import driver_calls
from imgcuda.cuda.bound_calls import Allocate, BoundCall, Clear, Free
from imgcuda.cuda.ordered_memory import OwnedMemory
from imgcuda.cuda.queued import QueuedSession
from imgcuda.engine.protocol import DeviceArray
from imgcuda.engine.replay import Operation, RecordedAllocation, RecordedLaunch, RecordedRelease, RecordedUpload, Replay
from imgcuda.errors import DeviceError, DeviceMemoryError


class BoundChain:
    """The driver calls of a chain for an image of one size and type on one GPU. Threads may share it."""

    def __init__(
        self, session: QueuedSession, replay: Replay, shape: tuple[int, ...], dtype: np.dtype[Any], name: str
    ) -> None:
        """Bind what was recorded of a chain on images of a shape and type; `name` begins the messages of errors."""
        self._index, self._name, self._result = session.index, name, replay.result
        self._arrays = [DeviceArray(0, shape, dtype)]
        self._owners: list[OwnedMemory] = []
        self._calls = [call for each in replay.operations for call in self._bound(session, each)]
        self._addresses = [each.pointer for each in self._arrays]
        self.image_bytes, self.result_bytes = self._arrays[0].nbytes, self._arrays[self._result].nbytes
        if self._owners:
            session.wait()  # for the copies of tables, which kernels in other streams are going to read

    def _bound(self, session: QueuedSession, operation: Operation) -> Iterator[BoundCall]:
        """Yield the driver calls for a recorded operation, without the result's memory, which is the caller's."""
        if isinstance(operation, RecordedLaunch):
            yield session.bind(operation.of(self._arrays), operation.arrays)
        elif isinstance(operation, RecordedRelease):
            if not self._arrays[operation.number].pointer:
                yield Free(operation.number)
        elif isinstance(operation, RecordedUpload):
            self._arrays.append(session.upload(operation.array))
            self._owners.append(session.give_away(self._arrays[-1]))
        else:
            yield from self._allocation(session, operation)

    def _allocation(self, session: QueuedSession, operation: RecordedAllocation) -> Iterator[BoundCall]:
        number, made = len(self._arrays), DeviceArray(0, operation.shape, operation.dtype)
        self._arrays.append(made)
        if number != self._result:
            yield Allocate(number, max(1, made.nbytes), session.pool)
        if operation.cleared:
            yield Clear(number, made.nbytes)

    def queue(self, stream: int, image: int, result: int, count: int = 1) -> None:
        """Queue the chain in a stream, for `count` images one after the other in memory, as are their results."""
        primary = cuda_context.context(self._index)
        primary.push()
        try:
            for number in range(count):
                self._queue(stream, image + number * self.image_bytes, result + number * self.result_bytes)
        finally:
            primary.pop()

    def _queue(self, stream: int, image: int, result: int) -> None:
        addresses = self._addresses.copy()
        addresses[0], addresses[self._result] = image, result
        try:
            for each in self._calls:
                each.queue(stream, addresses)
        except DeviceMemoryError as error:
            self._free(stream, addresses)
            raise DeviceMemoryError(f"{self._name}: {error}") from error
        except DeviceError as error:
            raise DeviceError(f"{self._name}: {error}") from error

    def _free(self, stream: int, addresses: Sequence[int]) -> None:
        """Free the memory of a run that failed."""
        for number, address in enumerate(addresses):
            if address and number not in (0, self._result) and not self._arrays[number].pointer:
                driver_calls.free(address, stream)
