"""A Dask cluster on this machine: a scheduler, and workers that `imgcuda worker` starts."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from support.installation import Installation

PATIENCE = 60
"""Seconds in which all must have started."""


class DaskCluster:
    """A scheduler and its workers, as processes that end with the context."""

    def __init__(self, installation: Installation, folder: Path) -> None:
        self._installation, self._folder = installation, folder
        self._processes: list[subprocess.Popen[bytes]] = []
        self.workers: list[subprocess.Popen[bytes]] = []
        self.file = folder / "scheduler.json"

    def __enter__(self) -> Self:
        options = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", self.file)
        self.scheduler = self._start("scheduler", "distributed.cli.dask_scheduler", *options)
        self._wait_for(self.file.exists)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for process in reversed(self._processes):
            process.send_signal(signal.SIGTERM)
        for process in self._processes:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(20)

    def add_worker(self, installation: Installation | None = None, files: int = 1) -> subprocess.Popen[bytes]:
        """Start a worker, by default with the plugins of the cluster, and wait until it is ready."""
        name = f"worker-{len(self._processes)}"
        options = ("worker", "--scheduler-file", self.file, "--device", "cpu", "--files", files)
        process = self._start(name, "imgcuda", *options, installation=installation)
        self._wait_for(lambda: "Working for tcp://" in self.log(name))
        self.workers.append(process)
        return process

    def log(self, name: str) -> str:
        """Return what a process has printed: of "scheduler", "worker-1", "worker-2"."""
        return (self._folder / f"{name}.log").read_text("utf-8", "replace")

    def _start(
        self, name: str, module: str, *options: object, installation: Installation | None = None
    ) -> subprocess.Popen[bytes]:
        variables = {**os.environ, **(installation or self._installation).variables}
        with (self._folder / f"{name}.log").open("wb") as log:
            command = [sys.executable, "-P", "-m", module, *map(str, options)]
            process = subprocess.Popen(command, env=variables, stdout=log, stderr=log)
        self._processes.append(process)
        return process

    def _wait_for(self, condition: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < end, f"it did not start: {[path.read_text() for path in self._folder.iterdir()]}"
            time.sleep(0.05)
