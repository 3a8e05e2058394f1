"""Standard output of kernels that call printf: the C library's, which keeps its own buffer beside Python's."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def printing(prints: bool) -> Iterator[None]:
    """Keep the order of what Python printed before a launch, what its kernel prints, and what Python prints next."""
    if not prints:
        yield
        return
    with suppress(AttributeError, OSError, ValueError):  # a program may have closed its output
        sys.stdout.flush()
    try:
        yield
    finally:
        _c_library().fflush(None)


def _c_library() -> ctypes.CDLL:
    return ctypes.CDLL("msvcrt" if sys.platform == "win32" else None)
