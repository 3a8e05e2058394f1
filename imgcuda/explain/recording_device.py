"""A device that passes all calls to another, and records them with their times; it waits for each one to end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from time import perf_counter
from typing import Any

import numpy as np
import numpy.typing as npt

from imgcuda.engine.protocol import (
    Device,
    DeviceArray,
    DeviceSession,
    JpegCoder,
    Launch,
    QueueingSession,
    Stream,
)
from imgcuda.execution.observer import Phase, StepObserver
from imgcuda.explain.run_records import LaunchRecord, PieceRecord, StepRecord, bytes_of
from imgcuda.filters import Filter


class RecordingDevice:
    """A device whose sessions add to a list of pieces."""

    def __init__(self, device: Device, pieces: list[PieceRecord]) -> None:
        self._device, self._pieces = device, pieces

    @property
    def name(self) -> str:
        return self._device.name

    @property
    def description(self) -> str:
        return self._device.description

    @contextmanager
    def session(self) -> Iterator[DeviceSession]:
        with self._device.session() as session:
            yield _RecordingDeviceSession(session, self.name, self._pieces)

    def pinned(self, memory: npt.NDArray[np.uint8]) -> AbstractContextManager[None]:
        return self._device.pinned(memory)

    def jpeg_coder(self) -> JpegCoder | None:
        return self._device.jpeg_coder()


class _RecordingSession(StepObserver):
    """A session that records launches and copies; what all of them share."""

    stream: int | None = None

    def __init__(self, session: QueueingSession, device: str, pieces: list[PieceRecord]) -> None:
        self._session, self._device, self._pieces = session, device, pieces
        self.packs, self.tables = session.packs, session.tables
        self.empty, self.free, self.wait = session.empty, session.free, session.wait
        self._piece: PieceRecord | None = None
        self._step: StepRecord | None = None
        self._began = 0.0

    def begin(self, filters: Sequence[Filter], phase: Phase) -> None:
        self._step, self._began = StepRecord(tuple(filters), phase), perf_counter()

    def end(self) -> None:
        step, self._step = self._step, None
        if step and self._piece and (step.launches or step.moved):  # a kernel that was refused has made none
            step.seconds = perf_counter() - self._began
            self._piece.steps.append(step)

    def zeros(self, shape: Sequence[int], dtype: npt.DTypeLike) -> DeviceArray:
        made = self._session.zeros(shape, dtype)
        self.wait()
        return made

    def upload(self, array: npt.NDArray[Any]) -> DeviceArray:
        return self._arriving(array, lambda: self._session.upload(array))

    def download(self, array: DeviceArray) -> npt.NDArray[Any]:
        started = perf_counter()
        made = self._session.download(array)
        moved = 0 if _is_shared(array, made) else made.nbytes
        if self._step:
            self._step.moved += moved
        else:
            self._leave(len(made), moved, perf_counter() - started)
        return made

    def launch(self, launch: Launch) -> None:
        started, call = perf_counter(), launch.call
        self._session.launch(launch)
        self.wait()
        seconds = perf_counter() - started
        if self._step:
            moved = bytes_of(call, launch.arguments)
            self._step.launches.append(LaunchRecord(call, launch.grid, launch.memory.shared, *moved, seconds=seconds))

    def _arriving(self, array: npt.NDArray[Any], send: Callable[[], DeviceArray]) -> DeviceArray:
        """Record the upload of a table, or of a piece, which begins with it."""
        started = perf_counter()
        made = send()
        self.wait()
        moved = 0 if _is_shared(made, array) else made.nbytes
        if self._step:
            self._step.moved += moved
        else:
            self._piece = PieceRecord(self._device, self.stream, array.shape, moved, perf_counter() - started)
            self._pieces.append(self._piece)
        return made

    def _leave(self, rows: int, moved: int, seconds: float) -> None:
        """Record the download of a piece's result."""
        if self._piece:
            self._piece.made_rows, self._piece.downloaded, self._piece.download_seconds = rows, moved, seconds


class _RecordingStream(_RecordingSession):
    """A stream that records; a piece begins when its strip is uploaded."""

    def __init__(self, stream: Stream, device: str, pieces: list[PieceRecord], number: int) -> None:
        super().__init__(stream, device, pieces)
        self._queue, self.stream = stream, number
        self.host_empty = stream.host_empty

    def stage(self, rows: npt.NDArray[Any]) -> Callable[[], DeviceArray]:
        send = self._queue.stage(rows)
        return lambda: self._arriving(rows, send)

    def fetch(self, array: DeviceArray, first: int, target: npt.NDArray[Any]) -> None:
        started = perf_counter()
        self._queue.fetch(array, first, target)
        self.wait()
        self._leave(len(target), target.nbytes, perf_counter() - started)


class _RecordingDeviceSession(_RecordingSession):
    """The session of a recording device."""

    def __init__(self, session: DeviceSession, device: str, pieces: list[PieceRecord]) -> None:
        super().__init__(session, device, pieces)
        self._whole = session
        self.foresee, self.offer, self.adopt = session.foresee, session.offer, session.adopt

    @property
    def strip_bytes(self) -> int | None:
        return self._whole.strip_bytes

    @contextmanager
    def streams(self, most: int) -> Iterator[list[Stream]]:
        with self._whole.streams(most) as streams:
            yield [
                _RecordingStream(stream, self._device, self._pieces, number) for number, stream in enumerate(streams)
            ]


def _is_shared(array: DeviceArray, host: npt.NDArray[Any]) -> bool:
    """Return whether an array on the device is the host's own memory."""
    return isinstance(array.owner, np.ndarray) and np.may_share_memory(array.owner, host)
