"""Host-device transfers through pinned staging buffers, filled and emptied by several threads.

One thread copies 10 GB a second, eight threads copy 60, and a GPU transfers 50. Small arrays, and arrays in pinned
memory, are transferred directly.
"""

from __future__ import annotations

import threading
from functools import cache
from queue import SimpleQueue
from typing import Any

import numpy as np
import numpy.typing as npt

from imgcuda.cores import cores
from imgcuda.cuda import pinned
from imgcuda.cuda.driver_api import driver

Bytes = npt.NDArray[np.uint8]

PIECE = 2 << 20
"""Bytes that one thread copies at a time."""

PART = 12 << 20
"""Bytes of a whole image that are uploaded at a time."""

AHEAD = 3
"""The number of parts of a whole image that are in flight."""

THREADS = 8


class _Transfer:
    """The common part of uploads and downloads: a stream, and a pinned staging buffer."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._memory: Bytes = np.empty(0, np.uint8)

    def _staging_buffer(self, array: Bytes) -> Bytes:
        """Return a staging buffer for an array; the array itself if it needs none or none is left."""
        if array.nbytes <= pinned.SMALL or pinned.is_ours(array):
            return array
        if self._memory.nbytes < array.nbytes:
            memory = pinned.allocate(array.nbytes)
            if memory is None:
                return array
            self._memory = memory
        return self._memory[: array.nbytes]

    def _record_event(self) -> Any:
        """Record an event in the stream at this point, and return it."""
        event = driver().Event(driver().event_flags.DISABLE_TIMING)
        event.record(self._stream)
        return event


class UploadStaging(_Transfer):
    """Uploads arrays through a staging buffer, one after the other."""

    def __init__(self, stream: Any) -> None:
        super().__init__(stream)
        self._source = self._memory
        self._copy: ParallelCopy | None = None
        self._sent: Any = None

    def fill(self, array: npt.NDArray[Any]) -> None:
        """Begin to copy a contiguous array to the staging buffer. The array must not change before `settle`."""
        self.settle()
        given = array.reshape(-1).view(np.uint8)
        self._source = self._staging_buffer(given)
        if self._source is not given:
            self._copy = ParallelCopy(self._source, given)

    def send(self, pointer: int) -> None:
        """Queue the upload of the staging buffer."""
        self._finish_copy()
        driver().memcpy_htod_async(pointer, self._source, self._stream)
        self._sent = self._record_event()

    def settle(self) -> None:
        """Wait until the upload is done: then the array and the buffer may change."""
        self._finish_copy()
        if self._sent is not None:
            self._sent.synchronize()

    def close(self) -> None:
        """Return the staging buffer to the pool. The stream has no more work."""
        self._finish_copy()
        self._memory = self._source = np.empty(0, np.uint8)

    def _finish_copy(self) -> None:
        if self._copy is not None:
            self._copy.wait()
        self._copy = None


class DownloadStaging(_Transfer):
    """Downloads arrays through a staging buffer, one after the other."""

    def __init__(self, stream: Any) -> None:
        super().__init__(stream)
        self._awaited: tuple[Any, Bytes, Bytes] | None = None

    def fetch(self, pointer: int, target: npt.NDArray[Any]) -> None:
        """Queue the download of a contiguous array. It is complete after `settle` and a wait for the stream."""
        self.settle()
        wanted = target.reshape(-1).view(np.uint8)
        room = self._staging_buffer(wanted)
        driver().memcpy_dtoh_async(room, pointer, self._stream)
        if room is not wanted:
            self._awaited = self._record_event(), room, wanted

    def settle(self) -> None:
        """Wait for the download, and copy it from the staging buffer to its target."""
        if self._awaited is not None:
            event, room, wanted = self._awaited
            event.synchronize()
            ParallelCopy(wanted, room).wait()
            self._awaited = None

    def abandon(self) -> None:
        """Drop a download whose result is no longer needed."""
        self._awaited = None

    def close(self) -> None:
        """Return the staging buffer to the pool. The stream has no more work."""
        self._memory = np.empty(0, np.uint8)


def upload(pointer: int, array: npt.NDArray[Any], stream: Any) -> None:
    """Upload a contiguous array in parts: threads fill one staging buffer while the GPU reads another."""
    source = array.reshape(-1).view(np.uint8)
    parts = [slice(start, start + PART) for start in range(0, source.nbytes, PART)]
    transfers = [UploadStaging(stream) for _ in parts[:AHEAD]]
    for number in range(len(parts) + len(transfers) - 1):
        if number < len(parts):
            transfers[number % len(transfers)].fill(source[parts[number]])
        if (sent := number - len(transfers) + 1) >= 0:
            transfers[sent % len(transfers)].send(pointer + parts[sent].start)
    for transfer in transfers:
        transfer.settle()
        transfer.close()


class ParallelCopy:
    """A copy of an array to another of its size, in parts, by several threads.

    It uses plain queues: with a ThreadPoolExecutor, which holds the GIL longer, submitting a part and collecting its
    result takes longer than copying it.
    """

    def __init__(self, target: Bytes, source: Bytes) -> None:
        parts = [slice(start, start + PIECE) for start in range(0, source.nbytes, PIECE)]
        self._count = len(parts)
        self._done: list[slice] = []
        self._news: SimpleQueue[None] = SimpleQueue()
        for part in parts:
            _tasks().put((target, source, part, self._done, self._news))

    def wait(self) -> None:
        """Wait until all parts are copied. An interrupted wait may be repeated."""
        while len(self._done) < self._count:
            self._news.get()


@cache
def _tasks() -> SimpleQueue[Any]:
    """Return the queue of parts to copy; the copy threads start with the first call."""
    tasks: SimpleQueue[Any] = SimpleQueue()
    for number in range(min(THREADS, cores())):
        threading.Thread(target=_copy_worker, args=(tasks,), name=f"imgcuda-copy-{number}", daemon=True).start()
    return tasks


def _copy_worker(tasks: SimpleQueue[Any]) -> None:
    while True:
        target, source, part, done, news = tasks.get()
        np.copyto(target[part], source[part])
        del target, source  # else they would stay alive while the queue is empty
        done.append(part)
        news.put(None)
