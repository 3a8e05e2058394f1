"""A folder that only the user can write to: for cached machine code, which is run, and for settings.

Its owner and permissions are checked through an open descriptor, and its files are opened relative to that, so that
nothing can be exchanged between the check and the use. A folder that belongs to another user, or that others may write
to, is not used; then nothing is kept. On Windows, where folders have no owners of this kind, the checks are left out.
"""

from __future__ import annotations

import contextlib
import os
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

_BY_DESCRIPTOR = os.open in os.supports_dir_fd and hasattr(os, "geteuid")
_DRAFT = ".new-"
_BETWEEN_TRIES = 0.005
"""Seconds between two tries to get a lock."""


class UnusableError(Exception):
    """A folder cannot be used; the text says why, and is shown after "not kept:"."""


def path(kind: Literal["cache", "config"]) -> Path:
    """Return the folder of a user's cache or settings: IMGCUDA_CACHE or IMGCUDA_CONFIG, else the system's own."""
    variable = f"IMGCUDA_{kind.upper()}"
    if chosen := os.environ.get(variable):
        if not Path(chosen).is_absolute():
            raise UnusableError(f"{variable} must be an absolute path; it is '{chosen}'")
        return Path(chosen)
    if standard := _by_xdg(kind):
        return standard
    import platformdirs

    find = platformdirs.user_cache_dir if kind == "cache" else platformdirs.user_config_dir
    try:
        found = Path(find("imgcuda", appauthor=False))
    except (RuntimeError, KeyError, OSError):  # no HOME, and no such user
        found = Path()
    if not found.is_absolute():  # older versions return "~/.cache" as it stands
        raise UnusableError(f"there is no home folder; {variable} chooses another")
    return found


def _by_xdg(kind: Literal["cache", "config"]) -> Path | None:
    """Return the folder by the rule of Linux; None where platformdirs must be asked, which takes long to import."""
    if sys.platform != "linux":
        return None
    base = os.environ.get(f"XDG_{kind.upper()}_HOME", "") or os.path.expanduser(f"~/.{kind}")  # noqa: PTH111
    return Path(base, "imgcuda") if os.path.isabs(base) else None  # noqa: PTH117


class OwnFolder:
    """An open folder: reads, writes, lists and removes its files by name."""

    def __init__(self, path: Path, descriptor: int | None) -> None:
        self._path, self._at = path, descriptor

    def read(self, name: str, most: int) -> bytes:
        """Return a file's bytes, and set its time to now; OSError if it is missing, too large or not the user's own."""
        flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
        with open(os.open(self._relative(name), flags, dir_fd=self._at), "rb") as file:  # noqa: PTH123  # by descriptor
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode) or status.st_size > most or not _is_own(status):
                raise PermissionError(f"{name} is not a file of this user's own")
            with contextlib.suppress(OSError):
                os.utime(file.fileno() if os.utime in os.supports_fd else self._relative(name))
            return file.read()

    def write(self, name: str, data: bytes) -> None:
        """Write a file by an atomic write: a draft that is renamed."""
        draft = f"{_DRAFT}{os.urandom(8).hex()}"
        flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0)
        try:
            with open(os.open(self._relative(draft), flags, 0o600, dir_fd=self._at), "wb") as file:  # noqa: PTH123
                file.write(data)
            os.replace(self._relative(draft), self._relative(name), src_dir_fd=self._at, dst_dir_fd=self._at)
        except BaseException:
            with contextlib.suppress(OSError):
                self.remove(draft)
            raise

    @contextmanager
    def locked(self, name: str, seconds: float) -> Iterator[None]:
        """Hold a lock that one process may hold at a time, and that ends with its process; TimeoutError after a while.

        The lock is a file of that name, which is there while it is held.
        """
        import fcntl  # not on Windows

        with open(os.open(self._relative(name), os.O_CREAT | os.O_RDWR, 0o600, dir_fd=self._at), "rb") as file:  # noqa: PTH123
            end = time.monotonic() + seconds
            while True:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > end:
                        raise TimeoutError(f"another process holds {name}") from None
                    time.sleep(_BETWEEN_TRIES)
            try:
                yield
            finally:
                with contextlib.suppress(OSError):
                    self.remove(name)

    def remove(self, name: str) -> None:
        os.unlink(self._relative(name), dir_fd=self._at)

    def entries(self) -> Iterator[tuple[float, int, str]]:
        """Yield each file's time, size and name. Drafts older than an hour, left by killed processes, are removed."""
        for name in os.listdir(self._path if self._at is None else self._at):  # noqa: PTH208  # by descriptor
            with contextlib.suppress(OSError):
                status = os.stat(self._relative(name), dir_fd=self._at, follow_symlinks=False)
                if name.startswith(_DRAFT) and time.time() - status.st_mtime > 3600:
                    self.remove(name)
                elif stat.S_ISREG(status.st_mode):
                    yield status.st_mtime, status.st_size, name

    def _relative(self, name: str) -> str:
        return name if self._at is not None else str(self._path / name)


@contextmanager
def opened(path: Path, create: bool = False) -> Iterator[OwnFolder]:
    """Open a folder; with `create`, make it first, for its owner only. Raises UnusableError and OSError."""
    if create:
        _create(path)
    if not _BY_DESCRIPTOR:
        yield OwnFolder(path, None)
        return
    if path.is_symlink() and not _is_own(path.lstat()):
        raise UnusableError(f"{path} is another user's link")
    descriptor = os.open(os.path.realpath(path), os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        _check(path, os.fstat(descriptor))
        yield OwnFolder(path, descriptor)
    finally:
        os.close(descriptor)


def _check(path: Path, status: os.stat_result) -> None:
    if status.st_uid not in (os.geteuid(), 0):
        raise UnusableError(f"{path} belongs to another user")
    if status.st_mode & 0o022:
        raise UnusableError(f"others may write to {path}; chmod go-w {path}")


def _create(path: Path) -> None:
    """Make a folder and its missing parents, for their owner only; root makes none within another user's folder."""
    if path.is_dir():
        return
    missing = [path]
    while not (parent := missing[-1].parent).is_dir():
        missing.append(parent)
    if _BY_DESCRIPTOR and os.geteuid() == 0 and parent.stat().st_uid != 0:
        raise UnusableError(f"{parent} belongs to another user")
    for each in reversed(missing):
        each.mkdir(0o700, exist_ok=True)


def _is_own(status: os.stat_result) -> bool:
    """Return whether a file or a link belongs to this user or to root, and nobody else may write to it."""
    if not _BY_DESCRIPTOR:
        return True
    writable = status.st_mode & 0o022 and not stat.S_ISLNK(status.st_mode)
    return status.st_uid in (os.geteuid(), 0) and not writable
