"""A small cache of the lookup tables made on each device; the least recently used are dropped first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from contextlib import suppress
from functools import cache
from typing import Any

MOST = 64
"""The most tables of a device; each has a few hundred bytes."""


class KnownTables:
    """Tables by what they were made from. Threads may share it: at worst one makes a table that another has made."""

    def __init__(self) -> None:
        self._known: OrderedDict[Hashable, Any] = OrderedDict()
        self.added = 0
        """How many tables were stored so far."""

    def get(self, key: Hashable) -> Any:
        """Return the table stored under a key, or None."""
        with suppress(KeyError):  # another thread may just have dropped it
            self._known.move_to_end(key)
            return self._known[key]
        return None

    def put(self, key: Hashable, table: Any) -> None:
        """Keep a table under a key."""
        self.added += 1
        self._known[key] = table
        with suppress(KeyError):
            while len(self._known) > MOST:
                self._known.popitem(last=False)

    def clear(self) -> None:
        """Forget all tables."""
        self._known.clear()


@cache
def known_tables(device: str) -> KnownTables:
    """Return the tables of a device."""
    return KnownTables()
