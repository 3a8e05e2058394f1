"""A file's bytes put in another's place in one step: whatever happens, the whole old file is there or the whole new."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from imgcuda.errors import ImageError


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
    """Put bytes in a file's place. A link stays one: what it points to is replaced."""
    target = path.resolve()
    draft = target.with_name(f".imgcuda-{os.urandom(8).hex()}")
    try:
        with draft.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())  # a crash after the rename must not find an empty file
        if clobber:
            if target.exists():
                shutil.copymode(target, draft)
            draft.replace(target)
        else:
            _link(draft, target)
    finally:
        draft.unlink(missing_ok=True)  # once renamed, there is none


def _link(draft: Path, target: Path) -> None:
    """Give the draft the target's name, unless something came to be there meanwhile, which a rename would replace."""
    try:
        os.link(draft, target)
    except FileExistsError:
        raise ImageError("it is there already, and --no-clobber keeps it") from None
    except OSError:  # a file system without hard links
        check(target, clobber=False)
        draft.replace(target)
