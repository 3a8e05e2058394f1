"""Finding filters: every entry point of the group `imgcuda` is a plugin, the built-in ones among them.

A plugin that fails is noted and left out, and the others go on working: what pluggy's own loader does not do.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import metadata
from typing import Any, NamedTuple

import pluggy

from imgcuda import hookspecs, switches
from imgcuda.errors import ParameterError, PluginError, did_you_mean
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


class Meaning(NamedTuple):
    """What a word stands for: a filter, and values of its parameters."""

    filter: type[Filter]
    values: Mapping[str, Any]


@dataclass
class Registry:
    """The filters that are installed, the plugins they come from, those that failed, those that are switched off."""

    filters: dict[str, type[Filter]] = field(default_factory=dict)
    sources: dict[str, Plugin] = field(default_factory=dict)
    broken: dict[Plugin, str] = field(default_factory=dict)
    clashes: dict[str, list[Plugin]] = field(default_factory=dict)
    disabled: list[Plugin] = field(default_factory=list)

    def __getitem__(self, name: str) -> type[Filter]:
        return self.meaning(name).filter

    def meaning(self, word: str) -> Meaning:
        """Return what a filter's name, or another word for it, stands for; PluginError if nothing or several things."""
        if word in self.filters:
            return Meaning(self.filters[word], {})
        if word in self.clashes:
            raise PluginError(self._clash(word))
        if word in self.aliases:
            return self.aliases[word]
        hint = did_you_mean(word, [*self.filters, *self.aliases]) or "; `imgcuda list` shows what is installed"
        raise PluginError(f"there is no filter '{word}'{hint}")

    @property
    def aliases(self) -> dict[str, Meaning]:
        """The other words for filters. One that two filters have stands for neither, nor does one that is a filter."""
        claimed: dict[str, list[Meaning]] = {}
        for filter_class in self.filters.values():
            for word, values in filter_class.aliases.items():
                claimed.setdefault(word, []).append(Meaning(filter_class, values))
        taken = self.filters.keys() | self.clashes.keys()
        return {word: meanings[0] for word, meanings in claimed.items() if len(meanings) == 1 and word not in taken}

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self.filters))

    def create(self, name: str, values: Mapping[str, Any]) -> Filter:
        """Return the filter called `name` with these parameters; ParameterError names what is wrong with them."""
        meaning = self.meaning(name)
        return build(meaning.filter, {**meaning.values, **values})

    def add(self, plugin: Plugin, filters: Iterable[type[Filter]]) -> None:
        """Add a plugin's filters. A name that is taken is refused to both: no filter wins by its place in a list."""
        for filter_class in filters:
            name = filter_class.name
            if name in self.clashes:
                self.clashes[name].append(plugin)
            elif name in self.filters:
                self.clashes[name] = [self.sources.pop(name), plugin]
                del self.filters[name]
            else:
                self.filters[name], self.sources[name] = filter_class, plugin

    @property
    def problems(self) -> list[str]:
        """What is wrong with the installed plugins, a sentence each."""
        broken = [f"plugin {plugin} is left out: {why}" for plugin, why in self.broken.items()]
        return broken + [self._clash(name) for name in self.clashes]

    def _clash(self, name: str) -> str:
        plugins = " and from ".join(plugin.distribution for plugin in self.clashes[name])
        return f"filter '{name}' comes from {plugins}; uninstall one"


def build(filter_class: type[Filter], values: Mapping[str, Any]) -> Filter:
    """Return a filter with these parameters; ParameterError for one that it does not have, or that is missing."""
    known = [parameter.name for parameter in filter_class.parameters()]
    for name in values:
        if name not in known:
            hint = did_you_mean(name, known) or f"; it has: {', '.join(known) or 'none'}"
            raise ParameterError(f"{filter_class.name} has no parameter '{name}'{hint}")
    missing = [p.name for p in filter_class.parameters() if p.required and p.name not in values]
    if missing:
        raise ParameterError(f"{filter_class.name} needs a value for {', '.join(missing)}")
    return filter_class(**values)


def load() -> Registry:
    """Find every installed filter, afresh."""
    registry, off = Registry(), switches.disabled()
    for point in sorted(metadata.entry_points(group=hookspecs.PROJECT), key=_order):
        distribution = f"{point.dist.name} {point.dist.version}" if point.dist else "an unknown distribution"
        plugin = Plugin(point.name, distribution)
        if off & {point.name, plugin.project}:
            registry.disabled.append(plugin)
            continue
        try:
            registry.add(plugin, _filters(point))
        except Exception as error:  # whatever a plugin may raise
            registry.broken[plugin] = f"{type(error).__name__}: {error}"
    return registry


@cache
def installed() -> Registry:
    """Return what is installed, looked up once in a process."""
    return load()


def _order(point: metadata.EntryPoint) -> tuple[str, str]:
    return (point.dist.name if point.dist else "", point.name)


def _filters(point: metadata.EntryPoint) -> list[type[Filter]]:
    """Import one plugin and ask it for its filters. Each has a manager of its own, so that none takes another along."""
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    module = point.load()
    manager.register(module, point.name)
    manager.check_pending()  # a misspelt hook is an error
    if not manager.hook.imgcuda_filters.get_hookimpls():  # another file of that name, perhaps, in the current folder
        where = getattr(module, "__file__", None) or module
        raise PluginError(f"{where} has no function imgcuda_filters() that is marked with @hookimpl")
    filters = [filter_class for filters in manager.hook.imgcuda_filters() for filter_class in filters]
    for filter_class in filters:
        if not (isinstance(filter_class, type) and issubclass(filter_class, Filter)):
            raise TypeError(f"imgcuda_filters() must return filter classes; it returned {filter_class!r}")
        filter_class.parameters()  # a field that is declared wrongly is found now
        check_aliases(filter_class)
    return filters


def check_aliases(filter_class: type[Filter]) -> None:
    """Refuse other words that could not be typed, or that stand for what the filter cannot be."""
    known = {parameter.name: parameter for parameter in filter_class.parameters()}
    for word, values in filter_class.aliases.items():
        if not re.fullmatch(r"[\w.-]+", word):
            raise PluginError(f"{filter_class.name}: the alias '{word}' is not a word")
        for name, value in values.items():
            if name not in known:
                raise PluginError(f"{filter_class.name}: the alias '{word}' sets '{name}', which is no parameter")
            known[name].check(value)
