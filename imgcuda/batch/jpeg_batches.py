"""Decodes the JPEGs of several threads in batches: a GPU with several decoders takes one of them for each JPEG."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue

import numpy as np
import numpy.typing as npt

from imgcuda.engine.protocol import Device, DeviceArray, JpegCoder

MOST = 32
"""The most JPEGs of a batch."""


@dataclass(frozen=True)
class _Wanted:
    """A JPEG that a thread waits for."""

    data: npt.NDArray[np.uint8]
    channels: int
    pixels: Future[DeviceArray | None] = field(default_factory=Future)


class JpegBatches:
    """A thread that decodes all JPEGs that wait, while more arrive. For a device that has a coder of JPEGs."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._queue: SimpleQueue[_Wanted] = SimpleQueue()
        threading.Thread(target=self._run, daemon=True).start()

    def decode(self, data: npt.NDArray[np.uint8], channels: int) -> DeviceArray | None:
        """Return a JPEG's pixels, gray or RGB, not turned; None if it cannot be decoded."""
        wanted = _Wanted(data, channels)
        self._queue.put(wanted)
        return wanted.pixels.result()

    @property
    def waiting(self) -> int:
        """About how many JPEGs wait for the next batch."""
        return self._queue.qsize()

    def _run(self) -> None:
        first = self._queue.get()
        try:
            with self._device.session():
                coder = self._device.jpeg_coder()
                assert coder
                while True:
                    self._decode(coder, [first, *self._others(MOST - 1)])
                    first = self._queue.get()
        except BaseException as error:  # the device failed before it had a coder: so it does for all
            while True:
                first.pixels.set_exception(error)
                first = self._queue.get()

    def _others(self, most: int) -> list[_Wanted]:
        found: list[_Wanted] = []
        try:
            while len(found) < most:
                found.append(self._queue.get_nowait())
        except Empty:
            pass
        return found

    def _decode(self, coder: JpegCoder, batch: list[_Wanted]) -> None:
        """Decode JPEGs. If that fails, decode each alone, so that each has an error of its own."""
        for channels in {each.channels for each in batch}:
            part = [each for each in batch if each.channels == channels]
            try:
                made = coder.decode([each.data for each in part], channels)
            except BaseException as error:
                if len(part) == 1:
                    part[0].pixels.set_exception(error)
                else:
                    for each in part:
                        self._decode(coder, [each])
            else:
                for each, pixels in zip(part, made, strict=True):
                    each.pixels.set_result(pixels)
