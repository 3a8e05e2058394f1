"""The standard streams of the command: what is printed there, and by whom.

Standard output is for what was asked for. What filters and libraries print goes to stderr, whether by Python or by C,
so that it never stands within a picture.
"""

from __future__ import annotations

import io
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from typing import IO, Any, NoReturn, TextIO

from imgcuda.errors import ImageError, printable

_ours: list[TextIO | None] = []
"""Standard output, while something else stands in its place."""


def take() -> None:
    """Keep standard output for ourselves: its descriptor, 1, becomes stderr. A stream that is closed becomes nowhere.

    A closed one's descriptor would else be that of the next file that is opened, and what is printed go into it.
    """
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    if sys.stdout is None:
        return
    sys.stdout.flush()
    kind = sys.stdout.encoding
    raw = _Output(os.dup(1), "w")
    os.dup2(2, 1)
    stream = io.TextIOWrapper(io.BufferedWriter(raw), kind, "backslashreplace", line_buffering=raw.isatty())
    sys.stdout = stream


def finish() -> None:
    """Write what is left to write; what is printed from now on, as the process ends, goes to stderr."""
    if sys.stdout is not None:
        sys.stdout.flush()
        sys.stdout = sys.stderr


@contextmanager
def ours_only() -> Iterator[None]:
    """Let what is printed within by anybody go to stderr; `output` is standard output all the same."""
    _ours.append(sys.stdout)
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        _ours.pop()


def output() -> TextIO:
    """Return standard output; ImageError if it is closed."""
    stream = _ours[0] if _ours else sys.stdout
    if stream is None:
        raise ImageError("standard output is closed; write to a file, or into a pipe")
    return stream


def descriptor() -> int | None:
    """Return what a child's standard output is to be; None where ours is no file, as in tests."""
    try:
        return output().fileno()
    except (ImageError, OSError):
        return None


def input() -> IO[bytes]:
    """Return standard input; ImageError if it is closed."""
    if sys.stdin is None:
        raise ImageError("standard input is closed; read from a file, or from a pipe")
    return sys.stdin.buffer


def say(text: str) -> None:
    """Print lines on stderr, without characters that a terminal would obey. A closed or full stderr is no error."""
    with suppress(OSError, ValueError):
        print(printable(text, keep="\n\t"), file=sys.stderr, flush=True)


class _Output(io.FileIO):
    """Standard output. When nobody reads it any longer the process ends as other tools do: by SIGPIPE."""

    _failed = False

    def write(self, data: Any) -> int:
        if self._failed:
            return len(data)  # which was said already
        try:
            return super().write(data)
        except BrokenPipeError:
            _end_by_sigpipe()
        except OSError as error:
            self._failed = True
            raise OSError(error.errno, error.strerror, "standard output") from error


def _end_by_sigpipe() -> NoReturn:
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGPIPE)
    os._exit(141)
