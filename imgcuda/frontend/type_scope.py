"""The names of types that are known where a parser stands: scopes open, names are added and hidden, scopes close."""

from __future__ import annotations

from collections.abc import Iterable, Iterator


class TypeScope:
    """A set of names that can be put back to what it was at a mark, at the cost of what has changed since."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._names = set(names)
        self._changes: list[str] = []
        """The names that were added or hidden, in order: what is in the set tells which."""

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def add(self, name: str) -> None:
        if name not in self._names:
            self._names.add(name)
            self._changes.append(name)

    def hide(self, name: str) -> None:
        """Forget a name, which a variable has here."""
        if name in self._names:
            self._names.remove(name)
            self._changes.append(name)

    def mark(self) -> int:
        """Return what names this point, for `back_to` and `restore`."""
        return len(self._changes)

    def back_to(self, mark: int) -> None:
        """Know the names that were known at a mark, and no others."""
        while len(self._changes) > mark:
            self._names ^= {self._changes.pop()}

    def restore(self, mark: int) -> None:
        """Know the names that were known at a mark again, and those added since."""
        for name in self._changes[mark:]:
            self.add(name)
