"""A file's bytes put in another's place in one step: whatever happens, the whole old file is there or the whole new."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from imgcuda.errors import ImageError

_DESCRIPTORS = Path("/proc/self/fd")


def check(path: Path, *, clobber: bool = True) -> None:
    """Raise ImageError if no file can be put there."""
    if not path.parent.is_dir():
        raise ImageError(f"there is no folder '{path.parent}'")
    if path.exists() and not path.is_file():
        raise ImageError("it is a folder" if path.is_dir() else "it is not a regular file")
    if not clobber and os.path.lexists(path):
        raise ImageError("it is there already, and --no-clobber keeps it")
    if path.exists() and not os.access(path, os.W_OK):  # a rename would replace it all the same
        raise ImageError("it is write-protected")


def replace(path: Path, data: bytes, *, clobber: bool = True) -> None:
    """Put bytes in a file's place. A link stays one: what it points to is replaced.

    Where the system can (Linux), the new file has a name only when it is whole, so that who is killed while writing
    leaves nothing behind.
    """
    target = path.resolve()
    draft = target.with_name(f".imgcuda-{os.urandom(8).hex()}")
    nameless = _open_nameless(target.parent)
    try:
        with open(_create(draft) if nameless is None else nameless, "wb") as file:  # noqa: PTH123  # it is open already
            file.write(data)
            file.flush()
            os.fsync(file.fileno())  # a crash after the rename must not find an empty file
            if target.exists() and clobber:
                shutil.copymode(target, draft if nameless is None else _DESCRIPTORS / str(nameless))
            if nameless is not None:
                _name(nameless, draft)
                _move(draft, target, clobber)
        if nameless is None:
            _move(draft, target, clobber)
    finally:
        draft.unlink(missing_ok=True)  # once renamed, there is none


def _create(path: Path) -> int:
    return os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666)


def _name(descriptor: int, path: Path) -> None:
    """Give a file without a name one, in the way of open(2): by a link to what /proc links to."""
    folder = os.open(_DESCRIPTORS, os.O_RDONLY)
    try:  # with `src_dir_fd`, or else Python makes a link to the link
        os.link(str(descriptor), path, src_dir_fd=folder, follow_symlinks=True)
    finally:
        os.close(folder)


def _open_nameless(folder: Path) -> int | None:
    if not hasattr(os, "O_TMPFILE") or not _DESCRIPTORS.is_dir():
        return None
    try:
        return os.open(folder, os.O_TMPFILE | os.O_WRONLY, 0o666)
    except OSError:  # a file system that has no such files; any other trouble comes again, with the name
        return None


def _move(draft: Path, target: Path, clobber: bool) -> None:
    """Give the draft the target's name; without `clobber` not if something came to be there meanwhile."""
    if clobber:
        draft.replace(target)
        return
    try:
        os.link(draft, target)
    except FileExistsError:
        raise ImageError("it is there already, and --no-clobber keeps it") from None
    except OSError:  # a file system without hard links
        check(target, clobber=False)
        draft.replace(target)
