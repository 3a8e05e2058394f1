"""The wish to end a batch before all is done: where it is noticed, and where it may not interrupt."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class Interrupted(KeyboardInterrupt):
    """The batch is to end now."""


class Interruption:
    """A signal that asked for the end, if one did. A handler of signals calls `wish`."""

    def __init__(self) -> None:
        self.number: int | None = None
        self._deferred = False

    def wish(self, number: int) -> None:
        """Ask for the end. Raises Interrupted at once, unless that is deferred."""
        self.number = number
        if not self._deferred:
            raise Interrupted

    def check(self) -> None:
        """Raise Interrupted if the end was asked for. A filter may have caught the exception, as it may catch any."""
        if self.number is not None:
            raise Interrupted

    @contextmanager
    def deferred(self) -> Iterator[None]:
        """Let only `check` raise within the context: an exception at any place might leave a lock locked."""
        self._deferred = True
        try:
            yield
        finally:
            self._deferred = False
