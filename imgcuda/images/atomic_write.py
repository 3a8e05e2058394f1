"""An atomic write: a file's bytes take another's place in one step, so that there is the whole old file or the new."""

from __future__ import annotations

import os
import signal
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import IO, Literal

from imgcuda.errors import ImageError
from imgcuda.images import mark

_DESCRIPTORS = Path("/proc/self/fd")


Clobber = bool | Literal["ours"]
"""What may be replaced: any file, none, or those alone that imgcuda wrote."""

KEPT = "it is there already, and --no-clobber keeps it"
DRAFT = r"\.imgcuda-[0-9a-f]{16}"
"""The name of a file that is being written, until it takes the place of another."""
NOT_OURS = "it is there already, and imgcuda did not write it, or it was changed since; --overwrite replaces it"


def check(path: Path, *, clobber: Clobber = True) -> None:
    """Raise ImageError if no file can be put there."""
    if not path.parent.is_dir():
        raise ImageError(f"there is no folder '{path.parent}'")
    if path.exists() and not path.is_file():
        raise ImageError("it is a folder" if path.is_dir() else "it is not a regular file; - writes standard output")
    if not clobber and os.path.lexists(path):
        raise ImageError(KEPT)
    if path.exists() and not os.access(path, os.W_OK):  # a rename would replace it all the same
        raise ImageError("it is write-protected")
    if clobber == "ours" and path.exists() and not mark.is_ours(path):
        raise ImageError(NOT_OURS)


def other_names(path: Path) -> int:
    """Return how many other names (hard links) a file has, all of which keep the old bytes when it is replaced."""
    return path.stat().st_nlink - 1 if path.is_file() else 0


def replace(path: Path, data: bytes | Callable[[IO[bytes]], None], *, clobber: Clobber = True) -> None:
    """Replace a file by bytes, or by what a function writes, which may also read what it has written.

    A symbolic link remains: its target is replaced. Where the system can (Linux), the new file has a name only when it
    is whole, so that a process that is killed while it writes leaves nothing behind.
    """
    target = path.resolve()
    if clobber == "ours" and target.exists():
        if not mark.is_ours(target) and (callable(data) or target.read_bytes() != data):
            raise ImageError(NOT_OURS)
        clobber = True
    draft = draft_beside(target)
    nameless = open_nameless(target.parent)
    with _cleaned_up_when_terminated():
        try:
            with open(_create(draft) if nameless is None else nameless, "w+b") as file:  # noqa: PTH123  # open already
                if callable(data):
                    data(file)
                else:
                    file.write(data)
                file.flush()
                if clobber is True:
                    _keep_attributes(target, file.fileno())
                os.fsync(file.fileno())  # a crash after the rename must not find an empty file
                if nameless is not None:
                    _name(nameless, draft)
                    _move(draft, target, clobber)
            if nameless is None:
                _move(draft, target, clobber)
        finally:
            draft.unlink(missing_ok=True)  # once renamed, there is none


def draft_beside(target: Path) -> Path:
    """Return a new name in a file's folder, for the file that will replace it."""
    return target.with_name(f".imgcuda-{os.urandom(8).hex()}")


class _TerminatedError(BaseException):
    """The process was asked to end while a draft had a name."""


@contextmanager
def _cleaned_up_when_terminated() -> Iterator[None]:
    """Remove the draft before SIGTERM or SIGHUP ends the process; handlers of the caller's stay."""
    names = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    ours = [number for number in names if signal.getsignal(number) == signal.SIG_DFL]
    if threading.current_thread() is not threading.main_thread():
        ours = []  # only the main thread may handle signals
    caught: list[int] = []

    def end(number: int, _: FrameType | None) -> None:
        if not caught:
            caught.append(number)
            raise _TerminatedError

    try:
        for number in ours:
            signal.signal(number, end)
        yield
    except _TerminatedError:
        pass
    finally:
        for number in ours:
            signal.signal(number, signal.SIG_DFL)
    if caught:
        os.kill(os.getpid(), caught[0])


def _keep_attributes(target: Path, descriptor: int) -> None:
    """Give a new file the owner, the permissions and the extended attributes of the one that it replaces.

    What may not be given is left: only root may give a file away. Set-user-ID and its like are never kept, as no new
    content should run with rights that were given to the old one.
    """
    try:
        old = target.stat()
    except FileNotFoundError:
        return
    if hasattr(os, "fchown"):
        for owner, group in ((-1, old.st_gid), (old.st_uid, -1)):
            with suppress(OSError):
                os.fchown(descriptor, owner, group)
    if os.chmod in os.supports_fd:
        os.chmod(descriptor, stat.S_IMODE(old.st_mode) & 0o777)
    for name in _extended_attributes(target):
        with suppress(OSError):
            os.setxattr(descriptor, name, os.getxattr(target, name))


def _extended_attributes(path: Path) -> list[str]:
    """Return the names of a file's extended attributes, access control lists included, except ones that give rights."""
    if not hasattr(os, "listxattr"):
        return []
    try:
        return [name for name in os.listxattr(path) if name != "security.capability"]
    except OSError:  # a file system without them
        return []


def _create(path: Path) -> int:
    return os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o666)


def _name(descriptor: int, path: Path) -> None:
    """Give a file without a name one, as open(2) describes it: by a link to its entry in /proc."""
    folder = os.open(_DESCRIPTORS, os.O_RDONLY)
    try:  # with `src_dir_fd`, or else Python makes a link to the link
        os.link(str(descriptor), path, src_dir_fd=folder, follow_symlinks=True)
    finally:
        os.close(folder)


def open_nameless(folder: Path) -> int | None:
    """Return a new file without a name in a folder; None if the file system does not support this."""
    if not hasattr(os, "O_TMPFILE") or not _DESCRIPTORS.is_dir():
        return None
    try:
        return os.open(folder, os.O_TMPFILE | os.O_RDWR, 0o666)
    except OSError:  # a file system that has no such files; any other trouble comes again, with the name
        return None


def _move(draft: Path, target: Path, clobber: Clobber) -> None:
    """Give the draft the target's name; if nothing may be replaced, only where there is still no file."""
    if clobber is True:
        draft.replace(target)
        return
    try:
        os.link(draft, target)
    except FileExistsError:
        raise ImageError(NOT_OURS if clobber else KEPT) from None
    except OSError:  # a file system without hard links
        check(target, clobber=False)
        draft.replace(target)
