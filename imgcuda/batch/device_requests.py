"""The messages between workers and the servers of devices."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from imgcuda.errors import ImgcudaError


@dataclass(frozen=True)
class DeviceServers:
    """The servers of the devices of a batch, for its workers."""

    addresses: Sequence[str]
    loads: Any
    """An array in shared memory: how many images each server has, in work or waiting."""
    processes: Any
    """An array in shared memory: the process of each server."""

    def least_busy(self) -> int:
        """Return the number of the server that has the fewest images."""
        return min(range(len(self.addresses)), key=lambda number: int(self.loads[number]))

    def end(self, number: int) -> None:
        """End a server from outside: no thread of it may run while it waits for a kernel that never ends."""
        if process := self.processes[number]:  # not before it has started
            with suppress(OSError):
                os.kill(process, signal.SIGKILL)


class JpegTask(NamedTuple):
    """What is to be made of a JPEG on the device."""

    channels: int
    """1 or 3."""
    quality: int
    """Of the JPEG to make, from 1 to 100."""


class Request(NamedTuple):
    """An image to filter, which lies at the begin of the slot."""

    shape: tuple[int, ...]
    dtype: str
    alone: bool
    """Whether no other image is in work meanwhile, since a server has ended that had this one in work."""
    jpeg: JpegTask | None = None
    """What to make if it is a JPEG, which the device decodes; None if it is pixels."""


class Reply(NamedTuple):
    """The result, which lies in the slot, or the error."""

    start: int = 0
    shape: tuple[int, ...] = ()
    dtype: str = ""
    picture: tuple[int, ...] = ()
    """The shape of the picture, if the result is a JPEG; none if the device cannot make it."""
    error: ImgcudaError | None = None
    again: bool = False
    """Whether the image may succeed alone: there was too little memory for several."""


BEGUN: Literal["begun"] = "begun"
"""The message that the work on an image begins: from then on, the image may be the reason why a server ends."""
