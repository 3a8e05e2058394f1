"""A file of lines that one process at a time has open: it is read whole, and then lines are appended.

A line that a killed process left unfinished at the end is cut off. The file may come from a stranger: it is opened only
if it is a regular file, and not too large.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from contextlib import suppress
from pathlib import Path

from imgcuda.errors import ImageError, system_words
from imgcuda.images import atomic_write

LARGEST = 2**30
"""The largest size of a file, in bytes."""

_SAFELY = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


class LineFile:
    """An open file, locked until it is closed. Raises ImageError if it is no regular file, or a process has it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor = _open_locked(path)

    def close(self) -> None:
        os.close(self._descriptor)

    def lines(self) -> list[str]:
        """Return the whole lines, without their ends; an unfinished one at the end is cut off."""
        data = _read(self._descriptor, self._path)
        whole = data.rfind(b"\n") + 1
        if whole < len(data):
            os.ftruncate(self._descriptor, whole)
        return _split(data)

    def append(self, line: str) -> None:
        """Append a line, whole or not at all; OSError if the disk is full."""
        left = (line + "\n").encode("ascii")
        end = os.fstat(self._descriptor).st_size
        try:
            while left:
                left = left[os.write(self._descriptor, left) :]
        except OSError:
            os.ftruncate(self._descriptor, end)
            raise

    def rewrite(self, lines: list[str]) -> None:
        """Replace the file by one with these lines, by an atomic write; if that fails, it stays as it is."""
        draft = atomic_write.draft_beside(self._path)
        descriptor = None
        try:
            descriptor = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND | _SAFELY, 0o666)
            _lock(descriptor, self._path)  # before it has the name, so that no other process can come between
            with open(os.dup(descriptor), "w", encoding="ascii") as file:  # noqa: PTH123  # open already
                file.writelines(f"{line}\n" for line in lines)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self._path)
            self._descriptor, descriptor = descriptor, self._descriptor
        except OSError:  # it is only longer than it need be
            with suppress(OSError):
                draft.unlink()
        finally:
            if descriptor is not None:
                os.close(descriptor)


def read_lines(path: Path) -> list[str]:
    """Return the whole lines of a file that is only read; none if there is no file. Raises ImageError."""
    try:
        descriptor = os.open(path, os.O_RDONLY | _SAFELY)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise _unusable(path, error) from error
    try:
        return _split(_read(descriptor, path))
    finally:
        os.close(descriptor)


def _open_locked(path: Path) -> int:
    """Return a descriptor of the file, which is made if there is none, with a lock on it."""
    while True:
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | _SAFELY, 0o666)
        except OSError as error:
            raise _unusable(path, error) from error
        try:
            _lock(descriptor, path)
            if _is_still(path, descriptor):
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)  # another process replaced it before it was locked here


def _lock(descriptor: int, path: Path) -> None:
    if sys.platform == "win32":
        return
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise ImageError(
            f"another `imgcuda batch` is writing to {path.parent}; wait until it ends, or choose another folder"
        ) from None
    except OSError:  # a file system without locks
        pass


def _is_still(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.lstat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _read(descriptor: int, path: Path) -> bytes:
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        raise ImageError(f"{path} is not a regular file; remove it, and all is made anew")
    if status.st_size > LARGEST:
        raise ImageError(f"{path} has more than {LARGEST:,} bytes; remove it, and all is made anew")
    with open(os.dup(descriptor), "rb") as file:  # noqa: PTH123  # open already
        file.seek(0)
        return file.read(LARGEST)


def _split(data: bytes) -> list[str]:
    return data.decode("ascii", "replace").split("\n")[:-1]


def _unusable(path: Path, error: OSError) -> ImageError:
    if error.errno in (errno.ELOOP, errno.ENXIO, errno.EISDIR):
        return ImageError(f"{path} is not a regular file; remove it, and all is made anew")
    return ImageError(f"{path} cannot be used: {system_words(error)}")
