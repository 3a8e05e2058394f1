"""A file's stamp: its size, the time of its last change, and a hash of its content."""

from __future__ import annotations

import hashlib
import os
import stat
from io import BufferedReader
from pathlib import Path
from typing import NamedTuple

from imgcuda.errors import ImageError

DIGEST_BYTES = 16


class Stamp(NamedTuple):
    """The size, time and content of a file at one moment."""

    size: int
    mtime_ns: int
    digest: str
    """A BLAKE2b hash of the content, in hexadecimal digits."""

    def has_times_of(self, status: os.stat_result) -> bool:
        """Return whether a file's status has the size and the time of this stamp."""
        return (status.st_size, status.st_mtime_ns) == (self.size, self.mtime_ns)


def take(path: Path) -> Stamp:
    """Return a regular file's stamp. Raises ImageError if it is not one or changes meanwhile, and OSError."""
    with _opened(path) as file:
        before = os.fstat(file.fileno())
        if not stat.S_ISREG(before.st_mode):
            raise ImageError("it is not a regular file")
        digest = hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=DIGEST_BYTES)).hexdigest()
        found = Stamp(before.st_size, before.st_mtime_ns, digest)
        if not found.has_times_of(os.fstat(file.fileno())):
            raise ImageError("it changed while it was read")
    return found


def taken(path: Path) -> Stamp | None:
    """Return a regular file's stamp; None for anything else, like a pipe, which can only be read once."""
    try:
        return take(path)
    except (ImageError, OSError):
        return None


def _opened(path: Path) -> BufferedReader:
    """Open a file for reading; a pipe without a writer does not block."""
    return open(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)), "rb")  # noqa: PTH123
