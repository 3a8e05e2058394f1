"""The CPU as a device."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from imgcuda.cpu.checks.checked_session import CheckedSession
from imgcuda.cpu.session import NAME, CpuSession, cores


class CpuDevice:
    """This machine's cores; `checked`: one of them, looking at all that a kernel does."""

    name = NAME

    def __init__(self, checked: bool = False) -> None:
        self.checked = checked

    @property
    def description(self) -> str:
        count = cores()
        return f"{_processor()}, {count} core{'s' * (count > 1)}{', checked' * self.checked}"

    @contextmanager
    def session(self) -> Iterator[CpuSession]:
        yield CheckedSession() if self.checked else CpuSession()


def _processor() -> str:
    """Return the processor's name as the system has it."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
        names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    except OSError:
        names = []
    return names[0] if names else platform.processor() or platform.machine()
