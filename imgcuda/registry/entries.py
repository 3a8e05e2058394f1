"""What is known of plugins and their filters without importing them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from imgcuda.filters import Filter


@dataclass(frozen=True)
class Plugin:
    """Where a filter, or a failure, comes from."""

    name: str
    """The entry point's name."""
    distribution: str
    """The distribution that brings it, with its version: "imgcuda 0.1.0"."""

    @property
    def project(self) -> str:
        """The distribution's name."""
        return self.distribution.partition(" ")[0]

    def __str__(self) -> str:
        return f"{self.name} ({self.distribution})"


class Entry(NamedTuple):
    """What lists say of a filter."""

    name: str
    category: str
    """Its own word for it; empty if it is that of its plugin."""
    summary: str
    aliases: tuple[str, ...]

    @classmethod
    def of(cls, filter_class: type[Filter]) -> Entry:
        """Return what a filter class says of itself."""
        words = tuple(filter_class.aliases)
        return cls(filter_class.name, filter_class.category, filter_class.summary(), words)


class Offer(NamedTuple):
    """An entry point, and what it brings."""

    plugin: Plugin
    name: str
    value: str
    """What the entry point names: a module."""
    entries: tuple[Entry, ...] | None
    """None of a plugin that was not imported yet, and of one that failed."""


class Inventory(NamedTuple):
    """All that is installed: the offers, in order; the distributions that cannot be read, and why."""

    offers: tuple[Offer, ...]
    unreadable: Mapping[Plugin, str]
    files: Mapping[str, tuple[int, ...]]
    """The plugins' own source files, with what tells that one has changed."""
