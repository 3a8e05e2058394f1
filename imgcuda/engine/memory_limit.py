"""How much memory a session may take on a device: no more than IMGCUDA_MEMORY_LIMIT says, in bytes or as 512M or 2G."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from imgcuda.errors import DeviceError, DeviceMemoryError

VARIABLE = "IMGCUDA_MEMORY_LIMIT"
_SIZE = re.compile(r"([0-9]{1,18}(?:\.[0-9]+)?)\s*([KMGT]?)(?:i?B)?", re.IGNORECASE)


_limited: ContextVar[int | None] = ContextVar("limited", default=None)


@contextmanager
def limited(size: int) -> Iterator[None]:
    """Let the sessions that are opened within, by this thread, take no more than so many bytes."""
    token = _limited.set(size)
    try:
        yield
    finally:
        _limited.reset(token)


def limit() -> int | None:
    """Return the limit in bytes, None where there is none. Raises DeviceError for what is no size."""
    if (size := _limited.get()) is not None:
        return size
    asked = os.environ.get(VARIABLE, "").strip()
    if not asked:
        return None
    read = _SIZE.fullmatch(asked)
    size = int(float(read[1]) * 1024 ** " KMGT".index(read[2].upper() or " ")) if read else 0
    if size < 1:
        raise DeviceError(f"{VARIABLE} must be a number of bytes, as 512M or 2G; got '{asked[:60]}'")
    return size


def in_words(size: int) -> str:
    """Return a number of bytes for people: "12.0 MiB", "1.5 KiB"."""
    return f"{size / 2**20:.1f} MiB" if size >= 2**20 else f"{size / 2**10:.1f} KiB"


class Budget:
    """What a session has taken on a device, and the most that it may."""

    def __init__(self, device: str) -> None:
        self.limit = limit()
        self.taken = 0
        self._device = device

    def take(self, size: int) -> None:
        """Note that so many bytes are taken. Raises DeviceMemoryError, and notes nothing, if they are too many."""
        if self.limit is not None and self.taken + size > self.limit:
            raise DeviceMemoryError(
                f"{self._device}: allocating {in_words(size)}: {VARIABLE} allows {in_words(self.limit)}, "
                f"and {in_words(self.taken)} are taken"
            )
        self.taken += size

    def give(self, size: int) -> None:
        """Note that so many bytes are free again."""
        self.taken -= size
