"""Capture what libtiff prints on stderr; Pillow has no other way to report it."""

from __future__ import annotations

import os
import re
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_LINE = re.compile(rb"(?!\w*(?:Error|Exception|Warning|Exit|Interrupt): )(?:[A-Za-z_]\w*|tempfile\.tif): ")
"""How its lines begin: with the name of a function, or of the file as Pillow calls it. Python's name an error."""

_lock = threading.RLock()


@contextmanager
def gathered() -> Iterator[list[str]]:
    """Keep from stderr what libtiff prints in the block; at the end the list holds its lines.

    The descriptor is the whole process's: one thread at a time gathers, and what others print meanwhile is printed
    afterwards. Where there is no stderr, nothing is gathered.
    """
    found: list[str] = []
    with _lock, tempfile.TemporaryFile() as file:
        try:
            ours = os.dup(2)
        except OSError:
            yield found
            return
        try:
            os.dup2(file.fileno(), 2)
            yield found
        finally:
            os.dup2(ours, 2)
            file.seek(0)
            for line in file:
                if _LINE.match(line):
                    found.append(line.decode(errors="replace").strip())
                else:
                    os.write(ours, line)
            os.close(ours)
