"""Commands that run beside a test, and the processes that they start."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from support.installation import Installation


class Running:
    """Starts commands, and ends them after the test."""

    def __init__(self) -> None:
        self.started: list[subprocess.Popen[str]] = []

    @property
    def patience(self) -> float:
        """The seconds that an end may take: two, and more where the machine has more to do than it can."""
        return 2 * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))

    def start(self, installation: Installation, *arguments: object) -> subprocess.Popen[str]:
        command = [sys.executable, "-P", "-m", "imgcuda", *map(str, arguments)]
        environment = {**os.environ, **installation.variables}
        process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
        self.started.append(process)
        return process


def wait_for(condition: Callable[[], bool]) -> None:
    """Wait until something is true; AssertionError after a minute."""
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


def started_by(process: int) -> list[int]:
    """Return the processes that a process has started, directly or not, and that are there now."""
    parents = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    found = [process]
    for each in found:
        found += [child for child, parent in parents.items() if parent == each]
    return found[1:]


def runs(process: int) -> bool:
    """Return whether a process is there, and is not only still to be reaped."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def are_gone(processes: list[int], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while any(map(runs, processes)):
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True
