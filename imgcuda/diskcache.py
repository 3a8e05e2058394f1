"""Machine code that was made before, on disk: nothing is compiled twice.

An entry is written beside and renamed, so that several processes may write at once; its checksum is held
against it when it is read, and what is damaged is made anew. The oldest are dropped when it grows too large.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
import time
from pathlib import Path

LARGEST = 256 * 2**20
"""Bytes that the cache may hold."""

_DIGEST = 32


def folder() -> Path:
    """Return where the cache is: IMGCUDA_CACHE, else the user's cache folder."""
    if chosen := os.environ.get("IMGCUDA_CACHE"):
        return Path(chosen)
    import platformdirs

    return Path(platformdirs.user_cache_dir("imgcuda", appauthor=False))


def get(key: str) -> bytes | None:
    """Return what was stored under a key; None if nothing was, or it is damaged."""
    path = folder() / key
    try:
        stored = path.read_bytes()
    except OSError:
        return None
    digest, data = stored[:_DIGEST], stored[_DIGEST:]
    if hashlib.sha256(data).digest() != digest:
        return None
    with contextlib.suppress(OSError):
        os.utime(path)  # lately used
    return data


def put(key: str, data: bytes) -> None:
    """Store something under a key. A cache that cannot be written is only slow, so that is no error."""
    with contextlib.suppress(OSError):
        folder().mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=folder(), prefix=".new-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(hashlib.sha256(data).digest() + data)
            Path(name).replace(folder() / key)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        _prune()


def _prune() -> None:
    """Drop the entries that were not used for longest, until what is left fits; and what a killed process left."""
    entries = []
    for path in folder().iterdir():
        if not path.name.startswith((".new-", "cpu-", "cuda-")):
            continue  # not ours: the folder may be one that the user keeps other files in
        with contextlib.suppress(OSError):
            status = path.stat()
            if path.name.startswith(".new-") and time.time() - status.st_mtime > 3600:
                path.unlink()
            else:
                entries.append((status.st_mtime, status.st_size, path))
    total = sum(size for _, size, _ in entries)
    for _, size, path in sorted(entries):
        if total <= LARGEST:
            return
        path.unlink(missing_ok=True)
        total -= size
