"""Supervises the device servers of a batch: starts one for each device, and replaces one that ends."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from imgcuda.batch import device_server
from imgcuda.batch.device_requests import DeviceServers
from imgcuda.batch.device_server import ServerStart
from imgcuda.batch.worker import WorkerStart
from imgcuda.errors import DeviceError

_MOST_FAILED = 3
"""How often a server may end before it takes any image, one after the other, until the batch is given up."""


def are_possible() -> bool:
    """Return whether processes can share memory and its descriptors here, as servers of devices must."""
    return hasattr(os, "memfd_create") and hasattr(socket, "AF_UNIX")


@dataclass
class _Post:
    """A device, and the process that serves it now."""

    device: str
    listener: socket.socket
    process: BaseProcess | None = None
    lives: int = 0
    """How many servers had begun when this one was started."""
    failed: int = 0
    """How many servers have ended, one after the other, before they had begun."""


class DeviceSupervisor:
    """Keeps a server running for each device. As a context, it ends them when it is left."""

    def __init__(self, context: Any, devices: Sequence[str], base: WorkerStart, at_once: int) -> None:
        self._context, self._base, self._at_once = context, base, at_once
        self._loads = context.RawArray("i", len(devices))
        self._lives = context.RawArray("i", len(devices))
        self._held = ExitStack()
        folder = Path(self._held.enter_context(tempfile.TemporaryDirectory(prefix="imgcuda-")))  # ours alone
        self._posts = [_Post(device, self._listener(folder / str(number))) for number, device in enumerate(devices)]
        addresses = [str(folder / str(number)) for number in range(len(devices))]
        self.servers = DeviceServers(addresses, self._loads, context.RawArray("i", len(devices)))
        self.check()

    def __enter__(self) -> DeviceSupervisor:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def check(self) -> None:
        """Start the servers that are not there. Raises DeviceError if one ends again and again as it starts."""
        for number, post in enumerate(self._posts):
            if post.process is None or not post.process.is_alive():
                self._start(number, post)

    def close(self) -> None:
        """End all servers, whatever they do."""
        for post in self._posts:
            if post.process:
                post.process.kill()
                post.process.join()
        self._held.close()

    def _listener(self, path: Path) -> socket.socket:
        made = self._held.enter_context(socket.socket(socket.AF_UNIX))
        made.bind(str(path))
        made.listen(socket.SOMAXCONN)
        return made

    def _start(self, number: int, post: _Post) -> None:
        if post.process is not None:
            post.failed = post.failed + 1 if self._lives[number] == post.lives else 0
        if post.failed > _MOST_FAILED:
            raise DeviceError(f"no process that runs filters on {post.device} stays alive")
        post.lives = self._lives[number]
        start = ServerStart(self._base, post.device, number, self._loads, self._lives, self._at_once, post.listener)
        post.process = self._context.Process(target=device_server.serve, args=(start,), daemon=True)
        post.process.start()
        self.servers.processes[number] = post.process.pid or 0
