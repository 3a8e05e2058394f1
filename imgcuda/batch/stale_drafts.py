"""Removes stale drafts: temporary files of atomic writes, left in a folder by processes that were killed."""

from __future__ import annotations

import os
import re
import stat
import time
from contextlib import suppress
from pathlib import Path

from imgcuda.images.atomic_write import DRAFT

AGE = 600
"""Seconds without a change after which a draft is a killed process's: other commands may be writing here, too."""


def sweep(folder: Path) -> None:
    """Remove the old drafts in a folder; what cannot be removed stays."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in [each for each in entries if re.fullmatch(DRAFT, each.name)]:
            with suppress(OSError):
                _remove_if_old(entry)


def _remove_if_old(entry: os.DirEntry[str]) -> None:
    status = entry.stat(follow_symlinks=False)
    if stat.S_ISREG(status.st_mode) and time.time() - status.st_mtime > AGE:
        Path(entry.path).unlink()
