"""The records of plugins and filters in the index, which need no import."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from imgcuda.filters import Filter


class Plugin(NamedTuple):
    """The origin of a filter or a failure: a plugin and its distribution."""

    name: str
    """The entry point's name."""
    distribution: str
    """The distribution that contains it, with its version: "imgcuda 0.1.0"."""

    @property
    def project(self) -> str:
        """The distribution's name."""
        return self.distribution.partition(" ")[0]

    def __str__(self) -> str:
        return f"{self.name} ({self.distribution})"


class Entry(NamedTuple):
    """The facts about a filter that lists show."""

    name: str
    category: str
    """The category that it declares; empty if it has that of its plugin."""
    summary: str
    aliases: tuple[str, ...]

    @classmethod
    def of(cls, filter_class: type[Filter]) -> Entry:
        """Return the entry of a filter class."""
        words = tuple(filter_class.aliases)
        return cls(filter_class.name, filter_class.category, filter_class.summary(), words)


class Offer(NamedTuple):
    """An entry point, and the filters of its plugin."""

    plugin: Plugin
    name: str
    value: str
    """The module that the entry point names."""
    entries: tuple[Entry, ...] | None
    """None for a plugin that was not imported yet, or that failed."""


class Setting(NamedTuple):
    """What an index is valid for; it is determined before the distributions are searched for."""

    key: str
    """The index's name: one for each Python and search path."""
    distributions: str
    """A value that changes with each distribution that is installed or removed, and with imgcuda itself."""


class Inventory(NamedTuple):
    """Everything that is installed: the offers in order, and the distributions that cannot be read, with the reason."""

    offers: tuple[Offer, ...]
    unreadable: Mapping[Plugin, str]
    files: Mapping[str, tuple[int, ...]]
    """The plugins' own source files, with their stamps, which change with the files."""
    setting: Setting
