"""Open a file, a pipe or a stream as often as needed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from io import BytesIO
from pathlib import Path
from typing import IO

Source = str | os.PathLike[str] | IO[bytes]
Open = Callable[[], IO[bytes]]
"""Opens a picture's bytes from their beginning; once more each time."""


def name_of(source: Source) -> str:
    """Return the name of a file for a message."""
    return os.fspath(source) if isinstance(source, str | os.PathLike) else "standard input"


@contextmanager
def opener(source: Source) -> Iterator[Open]:
    """Return a function that opens the file again. A pipe is read into memory, once. All is closed at the end."""
    if isinstance(source, str | os.PathLike) and Path(source).is_file():
        with ExitStack() as opened:
            yield lambda: opened.enter_context(Path(source).open("rb"))
    else:
        data = Path(source).read_bytes() if isinstance(source, str | os.PathLike) else source.read()
        yield lambda: BytesIO(data)
