"""The clock of a file in work: it stands still while the file waits for a device that others use."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from math import inf
from time import monotonic
from typing import Any


class FileClock:
    """When the work on a file began, at a place of an array that all processes share; infinity while it waits."""

    def __init__(self, begins: Any, place: int, limit: float | None = None) -> None:
        self._begins, self._place = begins, place
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
