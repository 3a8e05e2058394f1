"""The records of plugins and filters in the index, which need no import."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from imgcuda.filters import Filter
    from imgcuda.parameters import Parameter


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


class ParameterEntry(NamedTuple):
    """The facts about a parameter that searches and completions use."""

    name: str
    options: tuple[str, ...]
    """The command-line options that set it; a switch has two."""
    values: tuple[str, ...]
    """The values of a choice or a switch; empty for all others."""
    default: str
    """As a user types it; empty if there is none."""
    help: str

    @classmethod
    def of(cls, parameter: Parameter) -> ParameterEntry:
        from imgcuda.parameter_text import in_words

        values = ("true", "false") if parameter.type is bool else parameter.choices
        default = "" if parameter.required or not parameter.plain else in_words(parameter.default)
        return cls(parameter.name, parameter.options, values, default, parameter.help)


class Entry(NamedTuple):
    """The facts about a filter that lists show."""

    name: str
    category: str
    """The category that it declares; empty if it has that of its plugin."""
    summary: str
    aliases: tuple[str, ...]
    parameters: tuple[ParameterEntry, ...]
    home: str
    """The place of its class, module:Class, by which that module is imported alone; empty if the class has none."""

    @classmethod
    def of(cls, filter_class: type[Filter]) -> Entry:
        """Return the entry of a filter class."""
        words, parameters = tuple(filter_class.aliases), tuple(map(ParameterEntry.of, filter_class.parameters()))
        summary, home = filter_class.summary(), _home(filter_class)
        return cls(filter_class.name, filter_class.category, summary, words, parameters, home)

    @classmethod
    def read(cls, kept: list[Any]) -> Entry:
        """Return the entry of what the index has kept: its fields as lists."""
        name, category, summary, aliases, parameters, home = kept
        known = (
            ParameterEntry(one, tuple(options), tuple(values), *rest) for one, options, values, *rest in parameters
        )
        return cls(name, category, summary, tuple(aliases), tuple(known), home)


def _home(filter_class: type[Filter]) -> str:
    module, name = filter_class.__module__, filter_class.__name__
    return f"{module}:{name}" if getattr(sys.modules.get(module), name, None) is filter_class else ""


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
