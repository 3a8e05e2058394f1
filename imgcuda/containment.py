"""Runs a plugin's code so that it cannot end the process, print to stdout, or change the process's settings."""

from __future__ import annotations

import os
import signal
import sys
import threading
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout, suppress
from traceback import walk_tb
from types import FrameType

from imgcuda.errors import printable

LONGEST = 500
"""Characters of a plugin's error message that are shown."""

_SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGPIPE") if hasattr(signal, name)]

_ONE_AT_A_TIME = threading.RLock()
"""The saved state belongs to the whole process, so only one thread at a time saves and restores it."""


@contextmanager
def contained() -> Iterator[None]:
    """Send what the block prints to stderr, and restore the state of the process at its end.

    Restored are the standard streams, the working folder, sys.argv, variables named IMGCUDA_..., filters of warnings,
    the recursion limit and signal handlers. Exceptions pass through; a KeyboardInterrupt without a Ctrl-C becomes a
    RuntimeError. os._exit() and a crash still end the process.
    """
    with _ONE_AT_A_TIME, _contained():
        yield


@contextmanager
def _contained() -> Iterator[None]:
    streams, arguments = (sys.stdin, sys.stdout, sys.stderr), list(sys.argv)
    limit, filters, variables = sys.getrecursionlimit(), list(warnings.filters), _variables()
    folder = _folder()
    with _signals() as pressed:
        try:
            with redirect_stdout(sys.stderr):
                yield
        except KeyboardInterrupt as error:
            if pressed:
                raise
            raise RuntimeError("KeyboardInterrupt") from error
        finally:
            sys.stdin, sys.stdout, sys.stderr = streams
            _reopen_stderr()
            sys.argv[:] = arguments
            sys.setrecursionlimit(limit)
            warnings.filters[:] = filters  # type: ignore[index]
            _restore(variables)
            if folder is not None and _folder() != folder:
                with suppress(OSError):
                    os.chdir(folder)


def ends_the_process(error: BaseException, process: int) -> bool:
    """Return whether an error is a SystemExit that a signal handler raised, or one in a fork of the process `process`.

    Any other SystemExit is from the code that was run, and does not end the process.
    """
    if not isinstance(error, SystemExit):
        return False
    handlers = {_code(signal.getsignal(number)) for number in signal.valid_signals()} - {None}
    return os.getpid() != process or any(frame.f_code in handlers for frame, _ in walk_tb(error.__traceback__))


def _code(handler: object) -> object:
    """Return the code object of a function, a method or another callable object."""
    function = handler if hasattr(handler, "__code__") else getattr(handler, "__func__", type(handler).__call__)
    return getattr(function, "__code__", None)


def in_words(error: BaseException) -> str:
    """Return an error's type and message in one line; a fixed text if the error cannot be printed."""
    try:
        return one_line(f"{type(error).__name__}: {error}")
    except BaseException:  # its own __str__ may raise anything
        return "an error that cannot be printed"


def one_line(text: str) -> str:
    """Return a text in one line, cut to LONGEST characters, with control characters escaped."""
    line = printable(" ".join(text[: 4 * LONGEST].split()))
    return line if len(line) <= LONGEST else f"{line[:LONGEST]}..."


def _variables() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.startswith("IMGCUDA_")}


def _restore(variables: Mapping[str, str]) -> None:
    """Restore the variables named IMGCUDA_...; variables that did not change are not set again."""
    for name in _variables().keys() - variables.keys():
        os.environ.pop(name, None)
    for name, value in variables.items():
        if os.environ.get(name) != value:
            os.environ[name] = value


def _folder() -> str | None:
    try:
        return os.getcwd()  # noqa: PTH109  # called often, and only compared
    except OSError:  # it was removed
        return None


def _reopen_stderr() -> None:
    """Open stderr again if the code closed it, for example by closing sys.stdout, which was redirected to it."""
    if sys.stderr is not None and sys.stderr.closed:
        sys.stderr = open(2, "w", closefd=False, buffering=1, errors="backslashreplace")  # noqa: SIM115


@contextmanager
def _signals() -> Iterator[list[int]]:
    """Restore the signal handlers at the end; the list has an item if Ctrl-C was pressed meanwhile."""
    pressed: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield pressed
        return

    def interrupted(number: int, frame: FrameType | None) -> None:
        pressed.append(number)
        signal.default_int_handler(number, frame)

    before = {number: signal.getsignal(number) for number in _SIGNALS}
    if before[signal.SIGINT] is signal.default_int_handler:
        signal.signal(signal.SIGINT, interrupted)
    try:
        yield pressed
    finally:
        for number, handler in before.items():
            if handler is not None and signal.getsignal(number) is not handler:
                signal.signal(number, handler)
