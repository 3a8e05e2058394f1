"""The standard streams of the command.

Only the command writes to standard output. Output of filters and libraries, from Python or from C, goes to stderr, so
that it never gets into a picture.
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
"""The real standard output, while descriptor 1 is redirected."""


def take() -> None:
    """Keep standard output for the command: descriptor 1 is redirected to stderr. Closed streams become /dev/null.

    Otherwise the next file that is opened would get the descriptor of a closed stream, and prints would go into it.
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
    """Flush standard output; later prints, while the process ends, go to stderr."""
    if sys.stdout is not None:
        sys.stdout.flush()
        sys.stdout = sys.stderr


@contextmanager
def ours_only() -> Iterator[None]:
    """Send everything that is printed in the block to stderr; `output` still returns standard output."""
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
    """Return the standard output for a child process; None if ours is not a file, as in tests."""
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
    """Print lines on stderr, with control characters escaped. A closed or full stderr is not an error."""
    with suppress(OSError, ValueError):
        print(printable(text, keep="\n\t"), file=sys.stderr, flush=True)


class _Output(io.FileIO):
    """Standard output. If its reader has closed it, the process ends by SIGPIPE, as other tools do."""

    _failed = False

    def write(self, data: Any) -> int:
        if self._failed:
            return len(data)  # the error was reported already
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
