"""A worker's connection to the device servers: it hands them pixels, and takes results."""

from __future__ import annotations

import socket
from contextlib import suppress
from multiprocessing import connection, reduction
from time import sleep
from typing import TypeAlias

import numpy as np

from imgcuda.batch.device_requests import BEGUN, DeviceServers, JpegTask, Reply, Request
from imgcuda.batch.file_clock import FileClock
from imgcuda.batch.slot import Array, Slot, room
from imgcuda.errors import DeviceError

Transcoded: TypeAlias = tuple[bytes, tuple[int, ...]]

_MOST_LOST = 20
"""How often a server may end, or not be there, before it has begun with an image."""


class DeviceClient:
    """Filters images by the servers of devices, each by the one that is least busy."""

    def __init__(self, servers: DeviceServers) -> None:
        self._servers = servers
        self._slot = Slot()
        self._connections: dict[int, connection.Connection] = {}

    def filtered(self, clock: FileClock, pixels: Array) -> Array:
        """Return the result, an array that is valid until the next call. Raises ImgcudaError.

        An image whose server ends is filtered again, by another server, once, and alone, so that it fails by its own
        fault only. So it is if it takes half of its time beside others, since one of them may never end. The clock
        stands still while it waits, and begins again for the second time.
        """
        return self._result(self._answer(clock, pixels, None))

    def transcoded(self, clock: FileClock, data: bytes, channels: int, quality: int) -> Transcoded | None:
        """Return a JPEG filtered, as a JPEG, and the shape of its picture; None if the device cannot. As `filtered`."""
        reply = self._answer(clock, np.frombuffer(data, np.uint8), JpegTask(channels, quality))
        made = self._result(reply) if reply.error or reply.picture else None
        return None if made is None else (made.tobytes(), reply.picture)

    def _answer(self, clock: FileClock, given: Array, jpeg: JpegTask | None) -> Reply:
        """Return a server's reply."""
        self._put(given)
        alone = False
        for lost in range(_MOST_LOST):
            number = self._servers.least_busy()
            begun, reply = self._ask(number, Request(given.shape, given.dtype.str, alone, jpeg), clock)
            if reply and not reply.again:
                return reply
            if begun and alone and not reply:
                raise DeviceError("the process that runs the filters ended: a filter has a fault")
            if begun:
                alone = True
                clock.start()
            with clock.stopped():
                sleep(0 if begun else 0.1 * lost)
        raise DeviceError("the process that runs the filters does not stay alive")

    def _put(self, pixels: Array) -> None:
        """Copy pixels to the slot; a much larger one is given back."""
        if self._slot.is_wasteful and 4 * pixels.nbytes < self._slot.memory.nbytes:
            self._close()
            self._slot = Slot()
        self._slot.reserve(room(pixels.nbytes))
        np.copyto(self._slot.array(0, pixels.shape, pixels.dtype), pixels)

    def _ask(self, number: int, request: Request, clock: FileClock) -> tuple[bool, Reply | None]:
        """Return whether a server has begun with an image, and its reply; None if it ended."""
        begun = False
        try:
            with clock.stopped():
                server = self._connection(number)
                server.send(request)
                begun = server.recv() == BEGUN
            with clock.at_server(number):
                if not request.alone and clock.limit is not None and not server.poll(clock.limit / 2):
                    self._servers.end(number)
                reply: Reply = server.recv()
        except (EOFError, OSError):
            with suppress(KeyError, OSError):
                self._connections.pop(number).close()
            return begun, None
        return begun, reply

    def _connection(self, number: int) -> connection.Connection:
        if number not in self._connections:
            with socket.socket(socket.AF_UNIX) as made:
                made.connect(self._servers.addresses[number])
                self._connections[number] = connection.Connection(made.detach())
            reduction.send_handle(self._connections[number], self._slot.descriptor, None)
        return self._connections[number]

    def _result(self, reply: Reply) -> Array:
        if reply.error:
            raise reply.error
        dtype = np.dtype(reply.dtype)
        self._slot.reserve(0)
        return self._slot.array(reply.start, reply.shape, dtype)

    def _close(self) -> None:
        for server in self._connections.values():
            server.close()
        self._connections.clear()
        self._slot.close()
