"""Ends the process when a run takes too long, or at Ctrl-C.

A kernel cannot be interrupted, neither on a GPU nor in this process's own threads, and a kernel of any author may never
end. So the process ends itself, with a message, before anything is written.
"""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from time import monotonic

from imgcuda.errors import ParameterError

FAILURE = 1
LONGEST = 1e9
GRACE = 0.5
"""Seconds after which the process ends with a traceback instead, if C code keeps all Python threads from running."""


def seconds(text: str) -> float:
    """Return the limit of a run in seconds, from the text of --timeout."""
    with suppress(ValueError):
        if 0 < float(text) <= LONGEST:
            return float(text)
    raise ParameterError(f"--timeout takes a number of seconds above 0, such as 2.5; got '{text}'")


class Deadline:
    """The time at which a run must have ended: a number of seconds from now, or never."""

    def __init__(self, seconds: float | None) -> None:
        self._seconds = seconds
        self._end = monotonic() + (seconds or 0)

    @contextmanager
    def holds(self, doing: str, remedy: str = "") -> Iterator[None]:
        """End the process at Ctrl-C, and if the time is over before the block ends."""
        with _ending_at_ctrl_c(), self.limits(doing, remedy):
            yield

    @contextmanager
    def limits(self, doing: str, remedy: str = "") -> Iterator[None]:
        """End the process if the time is over before the block ends; `doing` describes the block in the message."""
        with ExitStack() as limits:
            if self._seconds is not None:
                sentence = f"Error: {doing} took longer than {self._seconds:g} s, and nothing was written{remedy}\n"
                limits.enter_context(_ending_in(max(0.0, self._end - monotonic()), sentence))
            yield


@contextmanager
def _ending_at_ctrl_c() -> Iterator[None]:
    """Make Ctrl-C end the process by its signal, since Python's handler would wait for a kernel. Keep it ignored if it
    is."""
    pythons = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if not pythons or threading.current_thread() is not threading.main_thread():
        yield
        return
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@contextmanager
def _ending_in(left: float, sentence: str) -> Iterator[None]:
    stderr = _stderr()
    over = threading.Lock()  # taken by whichever comes first: the end of the work or of the time
    watchdog = threading.Timer(left, _end, [over, stderr, sentence])
    watchdog.daemon = True
    watchdog.start()
    # sum() of an endless iterator, for example, blocks all other Python threads; this one is not Python's.
    faulthandler.dump_traceback_later(left + GRACE, exit=True, file=stderr)
    try:
        yield
    finally:
        over.acquire()  # forever, if the watchdog has it: the process is about to end, and must write nothing
        watchdog.cancel()
        faulthandler.cancel_dump_traceback_later()
        os.close(stderr)


def _end(over: threading.Lock, stderr: int, sentence: str) -> None:
    if not over.acquire(blocking=False):
        return
    with suppress(Exception):  # whatever is wrong with the streams, the process ends
        os.write(stderr, sentence.encode())
        sys.stdout.flush()  # what a filter has printed shows how far it came
    os._exit(FAILURE)


def _stderr() -> int:
    """Return a copy of stderr, since the process's own is silenced while a picture is decoded."""
    try:
        return os.dup(2)
    except OSError:  # there is none
        return os.open(os.devnull, os.O_WRONLY)
