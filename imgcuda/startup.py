"""Prepares the command before all other imports, so that Ctrl-C and errors during the imports give no traceback.

It does nothing if imgcuda is a library of another program.
"""

from __future__ import annotations

import gc
import os
import re
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import PurePath
from types import TracebackType

BEGAN = time.time_ns()
"""The time of the first import of imgcuda, before the import of any plugin."""


BLAS_THREADS = "OPENBLAS_NUM_THREADS"
"""How many threads NumPy's linear algebra starts as NumPy is imported."""

LIBRARIES = {"numpy": "NumPy", "PIL": "Pillow", "llvmlite": "llvmlite"}
"""The large libraries that are loaded, by their packages, as messages call them."""

_NO_MEMORY = r"(?i)zero-fill pages|allocate memory(?! in static TLS)|out of memory|paging file is too small"
"""What loaders of libraries say if there is no memory."""
_NOT_MAPPED = r"(?i)failed to map segment from shared object(?!: operation not permitted)"
"""What glibc says if there is no memory, and also for files on a disk where nothing may be executed."""

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


def no_memory_to_load(error: BaseException) -> str | None:
    """Return the message for a library that did not load for lack of memory; None for an error of another kind."""
    chain = [error]
    while (inner := chain[-1].__cause__ or chain[-1].__context__) and inner not in chain:
        chain.append(inner)
    if not any(map(_lacks_memory, chain)):
        return None
    found = [LIBRARIES[name] for each in chain for name in _packages(each.__traceback__) if name in LIBRARIES]
    return f"there is no memory to load {found[-1] if found else 'a library'}; allow the process more (ulimit -v)"


def _lacks_memory(error: BaseException) -> bool:
    if not isinstance(error, ImportError | OSError):
        return isinstance(error, MemoryError)
    words = str(error)
    return bool(re.search(_NO_MEMORY, words) or (re.search(_NOT_MAPPED, words) and _is_limited()))


def _is_limited() -> bool:
    """Return whether the process's memory is limited by `ulimit -v`."""
    try:
        import resource
    except ImportError:  # it is a library, too, and may not load either
        return sys.platform != "win32"
    return resource.getrlimit(resource.RLIMIT_AS)[0] != resource.RLIM_INFINITY


def _packages(trace: TracebackType | None) -> Iterator[str]:
    """Yield the package of each frame of a traceback, the outermost first."""
    while trace:
        yield str(trace.tb_frame.f_globals.get("__name__")).partition(".")[0]
        trace = trace.tb_next


def _say(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    words = no_memory_to_load(error) or " ".join(f"{kind.__name__}: {error}".split())[:500]
    sys.stderr.write(f"Error: imgcuda cannot start: {words}\n")


begin()
