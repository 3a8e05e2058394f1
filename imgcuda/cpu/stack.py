"""Threads with a stack that is large enough: for the compiler, which follows a source as deep as it is nested."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

_Result = TypeVar("_Result")

_SIZES = (256 << 20, 64 << 20, 16 << 20)
"""Bytes of the stack to ask for: of address space, as no more of it is used than is needed."""

_DEPTH = 40_000
"""Calls of Python within each other: some ten for each level to which a source may be nested."""

_lock = threading.Lock()


def on_a_large_stack(work: Callable[[], _Result]) -> _Result:
    """Return what some work returns, or raise what it raises, done by a thread that has a large stack."""
    results: list[_Result] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(work())
        except BaseException as error:  # handed to the thread that waits
            errors.append(error)

    with _lock:
        outer = sys.getrecursionlimit()
        sys.setrecursionlimit(max(outer, _DEPTH))
        try:
            thread = _started(run)
            if thread is None:
                run()
            else:
                thread.join()
        finally:
            with suppress(RecursionError):
                sys.setrecursionlimit(outer)
    if errors:
        raise errors[0]
    return results[0]


def _started(run: Callable[[], None]) -> threading.Thread | None:
    """Return a thread with the largest stack that the system gives; None if it gives none."""
    outer = threading.stack_size()
    for size in _SIZES:
        try:
            threading.stack_size(size)
            thread = threading.Thread(target=run, name="imgcuda compiler")
            thread.start()
        except (RuntimeError, ValueError, MemoryError):
            continue
        finally:
            threading.stack_size(outer)
        return thread
    return None
