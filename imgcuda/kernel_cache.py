"""What was made of kernels before, machine code above all, on disk: nothing is compiled twice.

What is read is run, so it is taken only from a folder of the user's own (`ownfolder`), and a checksum over its key and
itself is held against it: what is damaged, or has another entry's name, is made anew. An entry is written as a draft
and renamed, so that several processes may write at once. The oldest are dropped when it grows too large.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

from imgcuda import private_folder
from imgcuda.private_folder import OwnFolder, UnusableError

LARGEST = 256 * 2**20
"""Bytes that the cache may hold."""

_DIGEST = 32
_OURS = (".new-", "cpu-", "cuda-", "outline-")
"""How our files' names begin: the folder may be one that the user keeps other files in."""


def get(key: str) -> bytes | None:
    """Return what was stored under a key; None if nothing was, it is damaged, or not to be trusted."""
    with contextlib.suppress(UnusableError, OSError), _folder() as folder:
        stored = folder.read(key, LARGEST)
        digest, data = stored[:_DIGEST], stored[_DIGEST:]
        if _digest(key, data) == digest:
            return data
    return None


def put(key: str, data: bytes) -> None:
    """Store something under a key. A cache that cannot be written is only slow, so that is no error."""
    with contextlib.suppress(UnusableError, OSError), _folder(create=True) as folder:
        folder.write(key, _digest(key, data) + data)
        _prune(folder)


def why_unused() -> str:
    """Return why nothing can be kept, in words; empty if it can."""
    try:
        with _folder(create=True):
            return ""
    except UnusableError as error:
        return str(error)
    except OSError as error:
        return f"{error.filename}: {(error.strerror or '').lower()}"


@contextmanager
def _folder(create: bool = False) -> Iterator[OwnFolder]:
    with private_folder.opened(private_folder.path("cache"), create) as folder:
        yield folder


def _digest(key: str, data: bytes) -> bytes:
    return hashlib.sha256(key.encode() + b"\n" + data).digest()


def _prune(folder: OwnFolder) -> None:
    """Drop the entries that were not used for longest, until what is left fits."""
    entries = [entry for entry in folder.entries() if entry[2].startswith(_OURS)]
    total = sum(size for _, size, _ in entries)
    for _, size, name in sorted(entries):
        if total <= LARGEST:
            return
        with contextlib.suppress(FileNotFoundError):
            folder.remove(name)
        total -= size
