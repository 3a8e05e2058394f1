"""A device server: the process of a batch that has a device's context, its streams and its pinned memory.

Workers, which decode and encode, hand it pixels in shared memory. It answers each from a thread of its own, so that the
copies of one image overlap the kernels of another. It ends itself once its device fails for good, as after an illegal
address, and if a worker has ended whose image is still being filtered: a kernel may never end.
"""

from __future__ import annotations

import os
import pickle
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import connection, reduction
from time import monotonic, sleep
from typing import Any

import numpy as np
import numpy.typing as npt

from imgcuda import devices
from imgcuda.batch import worker
from imgcuda.batch.device_requests import BEGUN, JpegTask, Reply, Request
from imgcuda.batch.jpeg_batches import MOST, JpegBatches
from imgcuda.batch.processing import Work
from imgcuda.batch.slot import Slot, room
from imgcuda.batch.worker import WorkerStart
from imgcuda.containment import in_words
from imgcuda.engine.protocol import Device, DeviceArray, JpegCoder
from imgcuda.errors import DeviceMemoryError, FilterError, ImgcudaError
from imgcuda.execution import streaming
from imgcuda.execution.chain_plan import plan_for
from imgcuda.filters import MeasuringFilter
from imgcuda.pipeline import Pipeline

AT_ONCE = 4
"""The most images on a device at once: one in kernels, one in download, and two in upload."""

CODED_AT_ONCE = MOST
"""The same where the device decodes JPEGs: a whole batch of them, as they take little memory before."""

ENCODERS = 2
"""The most encoders of JPEGs on a device: while one waits for the device, the other gathers the bytes of its JPEG."""

GRACE = 1.0
"""Seconds that an image may still take whose worker has ended."""


@dataclass(frozen=True)
class ServerStart:
    """What the server of a device is given as it starts."""

    base: WorkerStart
    device: str
    number: int
    """Its place in `loads` and `lives`."""
    loads: Any
    """An array that all processes share: the images that each server has, in work or waiting."""
    lives: Any
    """An array that all processes share: how many servers of each device have begun to take images."""
    at_once: int
    """The most images on the device at once."""
    listener: socket.socket
    """Where workers connect. It outlives this process, and so do the workers that wait there."""


def serve(start: ServerStart) -> None:
    """Serve the images of workers until this process is ended."""
    worker.begin(start.base)
    start.loads[start.number] = 0
    server = DeviceServer(start)
    threading.Thread(target=server.watch, daemon=True).start()
    threading.Thread(target=server.warm, daemon=True).start()
    start.lives[start.number] += 1
    while True:
        accepted, _ = start.listener.accept()
        client = connection.Connection(accepted.detach())
        threading.Thread(target=server.serve, args=(client,), daemon=True).start()


class DeviceServer:
    """Filters the images of all workers on one device."""

    def __init__(self, start: ServerStart) -> None:
        self._start = start
        self._lock = threading.Lock()
        self._alone = threading.Lock()
        self._permits = threading.Semaphore(start.at_once)
        self._in_work: dict[connection.Connection, None] = {}
        self._coders = _Coders()
        self._failed = False
        """Whether the device can do nothing any more, and the process ends with the reply to the last image."""

    def warm(self) -> None:
        """Make what the first image needs, while the workers read it. What fails then, fails with that image, too."""
        with suppress(Exception):
            work = worker.work_of(self._start.base)
            device = devices.choose(self._start.device)
            with device.session():
                if work.options.codecs == "gpu":
                    self._coders.decoder(device)

    def serve(self, client: connection.Connection) -> None:
        """Answer the requests of one worker, until it closes the connection."""
        with suppress(EOFError, OSError), ExitStack() as held:
            memory = _SharedMemory(Slot(reduction.recv_handle(client)), self._coders)
            held.callback(memory.close)
            while True:
                request: Request = client.recv()
                with self._counted(), self._permit(request.alone), self._working_for(client):
                    client.send(BEGUN)
                    client.send(self._answer(request, memory))  # before another begins, which may end this process
                    if self._failed:
                        os._exit(1)  # no other image may begin on this device; the reply has left

    @contextmanager
    def _permit(self, alone: bool) -> Iterator[None]:
        """Wait until an image may be filtered: beside others, or alone."""
        wanted = self._start.at_once if alone else 1
        with self._alone if alone else ExitStack():
            for _ in range(wanted):
                self._permits.acquire()
        try:
            yield
        finally:
            self._permits.release(wanted)

    @contextmanager
    def _counted(self) -> Iterator[None]:
        """Count an image that is here, in work or waiting."""
        with self._lock:
            self._start.loads[self._start.number] += 1
        try:
            yield
        finally:
            with self._lock:
                self._start.loads[self._start.number] -= 1

    @contextmanager
    def _working_for(self, client: connection.Connection) -> Iterator[None]:
        with self._lock:
            self._in_work[client] = None
        try:
            yield
        finally:
            with self._lock:
                del self._in_work[client]

    def _answer(self, request: Request, memory: _SharedMemory) -> Reply:
        """Return the reply to a request. Does not return if the device has failed for good, except to the last try."""
        try:
            work = worker.work_of(self._start.base)
        except BaseException as error:  # an import runs a plugin's code, which may raise anything
            return Reply(error=FilterError(f"its filters cannot be loaded: {in_words(error)}"))
        try:
            device = devices.choose(self._start.device)
            make = memory.transcoded if request.jpeg else memory.filtered
            return make(request, work, device)
        except DeviceMemoryError as error:
            return Reply(error=_sendable(error), again=not request.alone)
        except MemoryError as error:
            return Reply(error=DeviceMemoryError(f"there is not enough memory: {error}"), again=not request.alone)
        except ImgcudaError as error:
            self._end_if_failed(device, request)
            return Reply(error=_sendable(error))
        except BaseException as error:
            return Reply(error=FilterError(f"something happened that should not: {in_words(error)}"))

    def _end_if_failed(self, device: Device, request: Request) -> None:
        """End this process if its device can do nothing any more.

        Whose fault it is cannot be told if others were in work, too: all are filtered again, each alone. The fault of
        one that was alone is its own: it is told, and the end comes with the reply.
        """
        try:
            with device.session() as session:
                session.download(session.zeros((1,), np.uint8))
        except DeviceMemoryError:
            return
        except ImgcudaError:
            if not request.alone:
                os._exit(1)
            self._failed = True

    def watch(self) -> None:
        """End this process if a worker has ended whose image is in work and does not come to its end."""
        gone: dict[connection.Connection, float] = {}
        while True:
            sleep(GRACE / 4)
            with self._lock:
                working = list(self._in_work)
                silent = set(connection.wait(working, 0)) if working else set()
            gone = {client: gone.get(client, monotonic()) for client in working if client in silent}
            if any(monotonic() - since > GRACE for since in gone.values()):
                os._exit(1)


class _Coders:
    """The JPEG decoder and encoders of a device: a thread that decodes in batches, and encoders that are used again."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._decoder: JpegBatches | None = None
        self._permits = threading.Semaphore(ENCODERS)
        self._idle: list[JpegCoder | None] = []

    def decoder(self, device: Device) -> JpegBatches:
        with self._lock:
            self._decoder = self._decoder or JpegBatches(device)
            return self._decoder

    @contextmanager
    def encoder(self, device: Device) -> Iterator[JpegCoder | None]:
        """Give a coder to one thread; None if the device has none. To be called within a session."""
        with self._permits:
            coder = self._idle.pop() if self._idle else device.jpeg_coder()
            try:
                yield coder
            finally:
                self._idle.append(coder)


class _SharedMemory:
    """A slot as the server of a device sees it: its memory is made fast to copy, while it is the same."""

    def __init__(self, slot: Slot, coders: _Coders) -> None:
        self._slot, self._coders = slot, coders
        self._pinned, self._pinned_memory = ExitStack(), slot.memory

    def filtered(self, request: Request, work: Work, device: Device) -> Reply:
        """Filter the image in the slot; leave the result there."""
        pipeline, dtype = Pipeline(work.filters), np.dtype(request.dtype)
        size = int(np.prod(request.shape)) * dtype.itemsize
        known = not any(isinstance(filter, MeasuringFilter) for filter in pipeline)
        shape = plan_for(pipeline.filters, request.shape, dtype).result_shape if known else ()
        self._reserve(room(size) + int(np.prod(shape)) * dtype.itemsize, device)
        given = self._slot.array(0, request.shape, dtype)
        if known:
            result = pipeline(given, device=device.name, out=self._slot.array(room(size), shape, dtype))
        else:
            result = pipeline(given, device=device.name, max_pixels=work.options.max_pixels)
            self._reserve(room(size) + result.nbytes, device)
            np.copyto(self._slot.array(room(size), result.shape, result.dtype), result)
        return Reply(room(size), result.shape, result.dtype.str)

    def transcoded(self, request: Request, work: Work, device: Device) -> Reply:
        """Decode the JPEG in the slot, filter it, and leave the JPEG of the result there, all on the device.

        Return a Reply without a picture if that is not possible.
        """
        assert request.jpeg
        self._slot.reserve(room(request.shape[0]))
        data = self._slot.array(0, request.shape, np.dtype(np.uint8))
        try:
            given = self._coders.decoder(device).decode(data, request.jpeg.channels)
            made = self._filtered_and_encoded(given, request.jpeg, work, device) if given else None
        except DeviceMemoryError:
            return Reply()  # the usual way filters in strips, which need less
        if made is None:
            return Reply()
        result, shape = made
        start = room(request.shape[0])
        self._slot.reserve(start + result.nbytes)
        np.copyto(self._slot.array(start, result.shape, result.dtype), result)
        return Reply(start, result.shape, result.dtype.str, shape)

    def _filtered_and_encoded(
        self, given: DeviceArray, task: JpegTask, work: Work, device: Device
    ) -> tuple[npt.NDArray[np.uint8], tuple[int, ...]] | None:
        """Return the JPEG of the result, and the shape of its picture; None for what the device cannot do."""
        shape = given.shape if task.channels == 3 else given.shape[:2]
        plan = plan_for(Pipeline(work.filters).filters, shape, given.dtype, work.options.max_pixels)
        with device.session() as session:
            made = streaming.filter_on_device(session, plan, given)
            if made.dtype != np.uint8 or made.channels not in (1, 3):
                return None
            with self._coders.encoder(device) as coder:
                coded = coder.encode(made, task.quality) if coder else None
        return None if coded is None else (coded, made.shape if made.channels == 3 else made.shape[:2])

    def _reserve(self, size: int, device: Device) -> None:
        """Reserve memory, and pin it."""
        self._slot.reserve(size)
        if self._slot.memory is not self._pinned_memory:
            self._pinned.close()
            self._pinned_memory = self._slot.memory
            self._pinned.enter_context(device.pinned(self._pinned_memory))

    def close(self) -> None:
        self._pinned.close()
        self._pinned_memory = np.empty(0, np.uint8)
        self._slot.close()


def _sendable(error: ImgcudaError) -> ImgcudaError:
    """Return an error, or one with its words if it cannot be sent: a plugin may raise one of its own."""
    try:
        if type(pickle.loads(pickle.dumps(error))) is type(error) and type(error).__module__ == ImgcudaError.__module__:
            return error
    except Exception:  # whatever a class of others does as it is copied
        pass
    return FilterError(str(error))
