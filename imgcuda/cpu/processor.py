"""This machine's processor: its name, and a description that is a part of cache keys."""

from __future__ import annotations

import os
import platform
from contextlib import suppress
from functools import cache

_IDENTITY = ("model name", "model", "cpu family", "stepping", "flags", "Features", "CPU ")
"""The beginnings of the lines of Linux's /proc/cpuinfo on which the choice of instructions depends."""


def name() -> str:
    """Return the processor's name as the system reports it."""
    names = [line.partition(":")[2].strip() for line in _first_core() if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


@cache
def identity() -> tuple[str, ...]:
    """Return a description that two processors share only if both run the same code; empty if unknown."""
    return tuple(line for line in _first_core() if line.startswith(_IDENTITY))


@cache
def _first_core() -> tuple[str, ...]:
    """Return what Linux reports of the first core; nothing on another system."""
    with suppress(OSError):
        file = os.open("/proc/cpuinfo", os.O_RDONLY)
        try:
            text = os.read(file, 1 << 14).decode("utf-8", "replace")
        finally:
            os.close(file)
        return tuple(text.partition("\n\n")[0].split("\n"))
    return ()
