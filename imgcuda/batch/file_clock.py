"""The clock of a file in work: it stands still while the file waits for a device that others use.

It also tells the other processes which server works on the file, which may be the reason why it takes so long.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from math import inf
from time import monotonic
from typing import Any

NO_SERVER = -1


class FileClock:
    """When the work on a file began, and the server that works on it, at a place of arrays that all processes share.

    The time is infinity while the file waits.
    """

    def __init__(self, begins: Any, servers: Any, place: int, limit: float | None = None) -> None:
        self._begins, self._servers, self._place = begins, servers, place
        self.limit = limit
        """The most seconds that a file may take; None for no limit."""

    def start(self) -> None:
        """Begin to count, from 0."""
        self._begins[self._place] = monotonic()

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Do not count the time that the block takes."""
        begun, stopped = self._begins[self._place], monotonic()
        self._begins[self._place] = inf
        try:
            yield
        finally:
            self._begins[self._place] = begun + monotonic() - stopped

    @contextmanager
    def at_server(self, number: int) -> Iterator[None]:
        """Tell that a server works on the file."""
        self._servers[self._place] = number
        try:
            yield
        finally:
            self._servers[self._place] = NO_SERVER
