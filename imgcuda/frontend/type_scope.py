"""The names of types that are known at a place in a file, with scopes in which names are added and hidden."""

from __future__ import annotations

from collections.abc import Iterable, Iterator


class TypeScope:
    """A set of names that can be restored to an earlier mark, in time proportional to the changes since."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._names = set(names)
        self._changes: list[str] = []
        """A log of the names that were added or hidden; the set tells which of the two."""

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def add(self, name: str) -> None:
        if name not in self._names:
            self._names.add(name)
            self._changes.append(name)

    def hide(self, name: str) -> None:
        """Remove a name, since a variable hides the type."""
        if name in self._names:
            self._names.remove(name)
            self._changes.append(name)

    def mark(self) -> int:
        """Return a mark of the current state, for `back_to` and `restore`."""
        return len(self._changes)

    def back_to(self, mark: int) -> None:
        """Restore the names known at a mark, and no others."""
        while len(self._changes) > mark:
            self._names ^= {self._changes.pop()}

    def restore(self, mark: int) -> None:
        """Restore the names known at a mark, and keep those added since."""
        for name in self._changes[mark:]:
            self.add(name)
