"""The cache on disk: machine code and outlines of kernels, and indexes of plugins, each under its cache key.

Machine code that is read will be run. So it is read only from the user's own folder (`private_folder`), and only if a
checksum over key and data is right; a damaged or renamed entry is made anew. Each write is atomic, so that several
processes may write at once. If the cache has grown too large, the entries that were not used for longest are dropped;
how large it is, a process looks at its first write, and then only at times.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from imgcuda import private_folder
from imgcuda.digests import BYTES, digest
from imgcuda.private_folder import OwnFolder, UnusableError

LARGEST = 256 * 2**20
"""The largest size of the cache, in bytes."""

PATIENCE = 60.0
"""Seconds that a process waits for another that compiles the same; the slowest kernel takes a few."""

_LOCK = ".lock-"
_OURS = (".new-", _LOCK, "cpu-", "cuda-", "outline-", "plugins-", "channelwise-")
"""The beginnings of the names of the cache's files: a user may keep other files in the same folder."""


def get(key: str) -> bytes | None:
    """Return the data stored under a key; None if there is none, or if it is damaged or not trusted."""
    with contextlib.suppress(UnusableError, OSError), _folder() as folder:
        stored = folder.read(key, LARGEST)
        digest, data = stored[:BYTES], stored[BYTES:]
        if _digest(key, data) == digest:
            return data
    return None


def put(key: str, data: bytes) -> None:
    """Store data under a key. A failure to write is ignored, since it only costs time later."""
    with contextlib.suppress(UnusableError, OSError), _folder(create=True) as folder:
        folder.write(key, _digest(key, data) + data)
        _prune_at_times(folder, len(data))


@contextmanager
def alone(key: str) -> Iterator[None]:
    """Let one process at a time make the data of a key: others wait, and should look first whether it is there now.

    A process that waits for longer than `PATIENCE` goes on, too, and so does one that cannot lock.
    """
    with contextlib.ExitStack() as held:
        with contextlib.suppress(UnusableError, OSError):
            folder = held.enter_context(_folder(create=True))
            held.enter_context(folder.locked(f"{_LOCK}{key}", PATIENCE))
        yield


def why_unused() -> str:
    """Return why nothing can be stored, in words; an empty string if it can."""
    try:
        with _folder(create=True):
            return ""
    except UnusableError as error:
        return str(error)
    except OSError as error:
        return f"{error.filename}: {(error.strerror or '').lower()}"


def contents() -> tuple[int, int]:
    """Return how many files the cache has, and how many bytes; none if it cannot be used."""
    with contextlib.suppress(UnusableError, OSError), _folder() as folder:
        sizes = [size for _, size, name in folder.entries() if name.startswith(_OURS)]
        return len(sizes), sum(sizes)
    return 0, 0


@cache
def stamps(folder: Path, deep: bool = True) -> tuple[tuple[str, int, int], ...]:
    """Return the path, size and time of each source file in a folder: a part of cache keys, which changes with them."""
    return tuple(sorted(_stamps(folder, deep)))


def _stamps(folder: Path | str, deep: bool) -> Iterator[tuple[str, int, int]]:
    for entry in os.scandir(folder):
        if entry.name.endswith((".py", ".ll")):
            status = entry.stat()
            yield entry.path, status.st_size, status.st_mtime_ns
        elif deep and entry.is_dir() and entry.name != "__pycache__":
            yield from _stamps(entry.path, deep)


@contextmanager
def _folder(create: bool = False) -> Iterator[OwnFolder]:
    with private_folder.opened(private_folder.path("cache"), create) as folder:
        yield folder


def _digest(key: str, data: bytes) -> bytes:
    return digest(key.encode() + b"\n" + data)


_unlisted: dict[Path, int] = {}
"""How many bytes this process has written into a cache since it last listed the files of it."""


def _prune_at_times(folder: OwnFolder, size: int) -> None:
    """Prune the cache after the first write of a process, and again after each 64th part of the largest size.

    To list ten thousand files takes as long as to compile a small kernel.
    """
    path = private_folder.path("cache")
    written = _unlisted.get(path, LARGEST) + size
    _unlisted[path] = 0 if written > LARGEST // 64 else written
    if not _unlisted[path]:
        _prune(folder)


def _prune(folder: OwnFolder) -> None:
    """Drop the entries that were not used for longest, until the rest fits."""
    entries = [entry for entry in folder.entries() if entry[2].startswith(_OURS)]
    total = sum(size for _, size, _ in entries)
    for _, size, name in sorted(entries):
        if total <= LARGEST:
            return
        with contextlib.suppress(FileNotFoundError):
            folder.remove(name)
        total -= size
