"""The memory limit of a session: IMGCUDA_MEMORY_LIMIT, in bytes or as 512M or 2G."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from imgcuda.errors import DeviceError, DeviceMemoryError

VARIABLE = "IMGCUDA_MEMORY_LIMIT"
_SIZE = r"(?i)([0-9]{1,18}(?:\.[0-9]+)?)\s*([KMGT]?)(?:i?B)?"


_limited: ContextVar[int | None] = ContextVar("limited", default=None)


@contextmanager
def limited(size: int) -> Iterator[None]:
    """Limit the memory of sessions that this thread opens within the context to `size` bytes."""
    token = _limited.set(size)
    try:
        yield
    finally:
        _limited.reset(token)


def limit() -> int | None:
    """Return the limit in bytes; None if there is none. Raises DeviceError if the variable is not a size."""
    if (size := _limited.get()) is not None:
        return size
    asked = os.environ.get(VARIABLE, "").strip()
    if not asked:
        return None
    read = re.fullmatch(_SIZE, asked)
    size = int(float(read[1]) * 1024 ** " KMGT".index(read[2].upper() or " ")) if read else 0
    if size < 1:
        raise DeviceError(f"{VARIABLE} must be a number of bytes, as 512M or 2G; got '{asked[:60]}'")
    return size


def in_words(size: int) -> str:
    """Return a number of bytes as text: "12.0 MiB", "1.5 KiB"."""
    return f"{size / 2**20:.1f} MiB" if size >= 2**20 else f"{size / 2**10:.1f} KiB"


class Budget:
    """Counts the memory that a session has allocated, against its limit."""

    def __init__(self, device: str) -> None:
        self.limit = limit()
        self.taken = 0
        self._device = device

    def take(self, size: int) -> None:
        """Count `size` bytes as allocated. Raises DeviceMemoryError, and counts nothing, if that exceeds the limit."""
        if self.limit is not None and self.taken + size > self.limit:
            raise DeviceMemoryError(
                f"{self._device}: allocating {in_words(size)}: {VARIABLE} allows {in_words(self.limit)}, "
                f"and {in_words(self.taken)} are taken"
            )
        self.taken += size

    def give(self, size: int) -> None:
        """Count `size` bytes as freed."""
        self.taken -= size
