"""The ways of rows between ordinary memory and a GPU: by page-locked memory, copied by several threads.

One thread copies 10 GB a second, eight of them 60, and a GPU fetches 50. What is small, or in page-locked memory
already, goes straight.
"""

from __future__ import annotations

import os
import threading
from functools import cache
from queue import SimpleQueue
from typing import Any

import numpy as np
import numpy.typing as npt

from imgcuda.cuda import pinned

Bytes = npt.NDArray[np.uint8]

PIECE = 2 << 20
"""Bytes that one thread copies at a time."""

PART = 12 << 20
"""Bytes of a whole image that go to the device at a time."""

AHEAD = 3
"""Parts of a whole image that are on the way to the device."""

THREADS = 8


class _Transfer:
    """What both ways have: a stream, in whose order things go, and page-locked memory to go through."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._memory: Bytes = np.empty(0, np.uint8)

    def _room(self, array: Bytes) -> Bytes:
        """Return page-locked memory for an array; or the array, if it needs none, or none is left, which is slow."""
        if array.nbytes <= pinned.SMALL or pinned.is_ours(array):
            return array
        if self._memory.nbytes < array.nbytes:
            memory = pinned.allocate(array.nbytes)
            if memory is None:
                return array
            self._memory = memory
        return self._memory[: array.nbytes]

    def _mark(self) -> Any:
        """Return an event that comes when the stream has come as far as this."""
        import pycuda.driver as driver

        event = driver.Event(driver.event_flags.DISABLE_TIMING)
        event.record(self._stream)
        return event


class Staging(_Transfer):
    """The way to the device, for one array after the other."""

    def __init__(self, stream: Any) -> None:
        super().__init__(stream)
        self._source = self._memory
        self._copies: Copies | None = None
        self._sent: Any = None

    def fill(self, array: npt.NDArray[Any]) -> None:
        """Begin to copy a contiguous array into page-locked memory. It must not change before it is settled."""
        self.settle()
        given = array.reshape(-1).view(np.uint8)
        self._source = self._room(given)
        if self._source is not given:
            self._copies = Copies(self._source, given)

    def send(self, pointer: int) -> None:
        """Queue what was filled in to be copied to the device."""
        import pycuda.driver as driver

        self._finish_copies()
        driver.memcpy_htod_async(pointer, self._source, self._stream)
        self._sent = self._mark()

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


class Landing(_Transfer):
    """The way from the device, for one array after the other."""

    def __init__(self, stream: Any) -> None:
        super().__init__(stream)
        self._awaited: tuple[Any, Bytes, Bytes] | None = None

    def fetch(self, pointer: int, target: npt.NDArray[Any]) -> None:
        """Queue a contiguous array to be copied from the device. It is there when this and the stream are settled."""
        import pycuda.driver as driver

        self.settle()
        wanted = target.reshape(-1).view(np.uint8)
        room = self._room(wanted)
        driver.memcpy_dtoh_async(room, pointer, self._stream)
        if room is not wanted:
            self._awaited = self._mark(), room, wanted

    def settle(self) -> None:
        """Copy on to its place what has come by way of page-locked memory."""
        if self._awaited is not None:
            event, room, wanted = self._awaited
            event.synchronize()
            Copies(wanted, room).wait()
            self._awaited = None

    def abandon(self) -> None:
        """Forget what has not been settled: it is wanted no more."""
        self._awaited = None

    def close(self) -> None:
        """Give the page-locked memory back to the pool. The stream has come to its end."""
        self._memory = np.empty(0, np.uint8)


def upload(pointer: int, array: npt.NDArray[Any], stream: Any) -> None:
    """Copy a contiguous array to the device, part by part: threads copy some while the GPU fetches another."""
    source = array.reshape(-1).view(np.uint8)
    parts = [slice(start, start + PART) for start in range(0, source.nbytes, PART)]
    ways = [Staging(stream) for _ in parts[:AHEAD]]
    for number in range(len(parts) + len(ways) - 1):
        if number < len(parts):
            ways[number % len(ways)].fill(source[parts[number]])
        if (sent := number - len(ways) + 1) >= 0:
            ways[sent % len(ways)].send(pointer + parts[sent].start)
    for way in ways:
        way.settle()
        way.close()


class Copies:
    """An array on its way into another of its size, in parts, by several threads.

    They need little of Python, which runs one thread at a time: with its own executor a part takes longer to be
    handed out, and to be reported done, than to be copied.
    """

    def __init__(self, target: Bytes, source: Bytes) -> None:
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
