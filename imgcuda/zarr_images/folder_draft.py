"""An atomic write of a folder: it is written under another name beside its place, and moved there in one step.

A helper process removes the draft when this process ends in whatever way: by Ctrl-C, by --timeout, or killed.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from imgcuda.images.atomic_write import draft_beside

_REMOVE = "import shutil, sys; sys.stdin.buffer.read(); shutil.rmtree(sys.argv[1], ignore_errors=True)"
"""The helper: its input ends when this process does."""

_HERE = -100
_EXCHANGE = 2


@contextmanager
def draft_of(target: Path) -> Iterator[Path]:
    """Yield an unused path beside a folder, for a draft of it; a folder left there is removed when the block ends."""
    draft = draft_beside(target)
    helper = subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", _REMOVE, str(draft.absolute())],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C is sent to all processes of a session
    )
    try:
        yield draft
    finally:
        shutil.rmtree(draft, ignore_errors=True)
        assert helper.stdin
        helper.stdin.close()
        helper.wait()


def put(draft: Path, target: Path) -> None:
    """Move a draft to its place; a folder that was there is moved to the place of the draft."""
    if not os.path.lexists(target):
        draft.rename(target)
    elif not _exchanged(draft, target):
        aside = draft_beside(target)
        target.rename(aside)
        try:
            draft.rename(target)
        except BaseException:
            aside.rename(target)
            raise
        aside.rename(draft)


def _exchanged(one: Path, other: Path) -> bool:
    """Let two folders change places in one step, where the system can."""
    with suppress(OSError, AttributeError):
        rename = ctypes.CDLL(None).renameat2
        return bool(rename(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE) == 0)
    return False
