"""Prepares the command before all other imports, so that Ctrl-C and errors during the imports give no traceback.

It does nothing if imgcuda is a library of another program.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import time
from pathlib import PurePath
from types import TracebackType

BEGAN = time.time_ns()
"""The time of the first import of imgcuda, before the import of any plugin."""


BLAS_THREADS = "OPENBLAS_NUM_THREADS"
"""How many threads NumPy's linear algebra starts as NumPy is imported."""

_set: list[str] = []
"""The variables that are set while modules are imported."""


def is_command() -> bool:
    """Return whether this process is the command `imgcuda`, or `python -m imgcuda`."""
    words = getattr(sys, "orig_argv", [])[1:]
    return any(
        PurePath(word).stem == "imgcuda" and (before == "-m" or PurePath(word).name in ("imgcuda", "imgcuda.exe"))
        for before, word in zip(["", *words], words[:5], strict=False)
        if before == "-m" or sys.argv[:1] == [word]
    )


def begin() -> None:
    """Make Ctrl-C end this process by its signal, without a message, and an unexpected error print one sentence."""
    if not is_command():
        return
    sys.excepthook = _say
    if (
        signal.getsignal(signal.SIGINT) is signal.default_int_handler
    ):  # otherwise the parent process made it ignore Ctrl-C
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    gc.disable()  # imports make no garbage, and to look for it takes a tenth of their time
    if BLAS_THREADS not in os.environ:  # a thread for each core takes longer to start than NumPy to import
        os.environ[BLAS_THREADS] = "1"
        _set.append(BLAS_THREADS)


def started() -> None:
    """Let Python look for garbage from now on, but not in what was imported; leave no variable set."""
    if is_command() and not gc.isenabled():
        gc.freeze()
        gc.enable()
    while _set:
        os.environ.pop(_set.pop(), None)


def interruptible() -> None:
    """Make Ctrl-C raise KeyboardInterrupt from now on, so that unfinished work is cleaned up."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _say(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    words = " ".join(f"{kind.__name__}: {error}".split())[:500]
    sys.stderr.write(f"Error: imgcuda cannot start: {words}\n")


begin()
