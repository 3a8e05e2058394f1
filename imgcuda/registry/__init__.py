"""The registry of filters: each entry point of the group `imgcuda` is a plugin, including the built-in ones.

A plugin that fails is reported and left out, and the others still work, unlike with pluggy's own loader. An index on
disk lists the filters of each plugin, so that a plugin is imported only when one of its filters is used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from imgcuda import disabled_plugins
from imgcuda.containment import contained, in_words
from imgcuda.errors import FilterError, ImgcudaError, ParameterError, PluginError
from imgcuda.registry import advice, index
from imgcuda.registry.entries import Entry, Inventory, Offer, Plugin

if TYPE_CHECKING:
    from imgcuda.filters import Filter

__all__ = ["Meaning", "Plugin", "Registry", "build", "installed", "load", "refreshed", "unknown_parameter"]

Brought = TypeVar("Brought")


class Meaning(NamedTuple):
    """The meaning of a name: a filter, and values of its parameters."""

    filter: type[Filter]
    values: Mapping[str, Any]


class _Filters(Mapping[str, "type[Filter]"]):
    """The filters by name; each is imported when it is used."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def __getitem__(self, name: str) -> type[Filter]:
        if name not in self._registry.entries:
            raise KeyError(name)
        return self._registry[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._registry.entries)

    def __len__(self) -> int:
        return len(self._registry.entries)


class Registry:
    """The installed filters with their plugins, plugins that failed, and plugins that are switched off."""

    def __init__(self, broken: Mapping[Plugin, str] = {}) -> None:  # it is not changed
        self.entries: dict[str, Entry] = {}
        self.sources: dict[str, Plugin] = {}
        self.broken = dict(broken)
        self.clashes: dict[str, list[Plugin]] = {}
        self.disabled: list[Plugin] = []
        self._classes: dict[tuple[Plugin, str], type[Filter]] = {}
        self._expected: dict[Plugin, Offer] = {}

    @property
    def filters(self) -> Mapping[str, type[Filter]]:
        """The filter classes by name."""
        return _Filters(self)

    def __getitem__(self, name: str) -> type[Filter]:
        return self.meaning(name).filter

    def name_of(self, word: str) -> str:
        """Return the name of the filter that has this name or alias; empty if there is none."""
        return word if word in self.entries else self.aliases.get(word, "")

    def meaning(self, word: str) -> Meaning:
        """Return the meaning of a filter's name or alias; PluginError if it has none, or several."""
        name = self.name_of(word)
        if not name:
            return self._unknown(word)
        filter_class = self._class(name)
        if filter_class is None:  # its plugin has changed
            self.look_again()
            return self.meaning(word)
        return Meaning(filter_class, {} if word == name else filter_class.aliases[word])

    @property
    def aliases(self) -> dict[str, str]:
        """The aliases and their filters, without aliases that two filters have, or that are the name of a filter."""
        claimed: dict[str, list[str]] = {}
        for entry in self.entries.values():
            for word in entry.aliases:
                claimed.setdefault(word, []).append(entry.name)
        taken = self.entries.keys() | self.clashes.keys()
        return {word: names[0] for word, names in claimed.items() if len(names) == 1 and word not in taken}

    @property
    def words(self) -> list[str]:
        """The names and aliases of all filters."""
        return [*self.entries, *self.aliases]

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self.entries))

    def category(self, name: str) -> str:
        """Return the category of the filter called `name`: the one that it declares, or else its plugin's name."""
        return self.entries[name].category or self.sources[name].name

    @property
    def categories(self) -> dict[str, list[str]]:
        """The names of the filters by category, both in alphabetical order."""
        found: dict[str, list[str]] = {}
        for name in self:
            found.setdefault(self.category(name), []).append(name)
        return dict(sorted(found.items()))

    def create(self, name: str, values: Mapping[str, Any]) -> Filter:
        """Return the filter called `name` with these parameters; ParameterError if one is wrong."""
        meaning = self.meaning(name)
        return build(meaning.filter, {**meaning.values, **values})

    def add(self, plugin: Plugin, filters: Iterable[type[Filter]]) -> None:
        """Add a plugin's filters. If two plugins have a filter of one name, neither can be used by it."""
        for filter_class in filters:
            self._enter(plugin, Entry.of(filter_class))
            self._classes[plugin, filter_class.name] = filter_class

    def _expect(self, offer: Offer) -> None:
        """Add a plugin's filters from the index; the plugin is imported when one of them is used."""
        self._expected[offer.plugin] = offer
        for entry in offer.entries or ():
            self._enter(offer.plugin, entry)

    def look_again(self) -> bool:
        """Import all plugins again if some are known only from the index; return whether any were."""
        if not self._expected:
            return False
        vars(self).update(vars(refreshed()))
        return True

    @property
    def problems(self) -> list[str]:
        """The problems of the installed plugins, a sentence each."""
        broken = [f"plugin {plugin} is left out: {why}" for plugin, why in self.broken.items()]
        return broken + [self._clash(name) for name in self.clashes]

    def _enter(self, plugin: Plugin, entry: Entry) -> None:
        if entry.name in self.clashes:
            self.clashes[entry.name].append(plugin)
        elif entry.name in self.entries:
            self.clashes[entry.name] = [self.sources.pop(entry.name), plugin]
            del self.entries[entry.name]
        else:
            self.entries[entry.name], self.sources[entry.name] = entry, plugin

    def _class(self, name: str) -> type[Filter] | None:
        """Return a filter's class; None if its plugin fails, or no longer has the filter that the index lists."""
        plugin = self.sources[name]
        if (offer := self._expected.get(plugin)) and (plugin, name) not in self._classes:
            from imgcuda.registry import hooks  # imports NumPy and all that a filter needs

            alone = _brought(lambda: hooks.alone(self.entries[name]))
            if not isinstance(alone, str):
                self._classes[plugin, name] = alone
                return alone
            brought = _brought(lambda: hooks.filters(offer))
            if isinstance(brought, str) or tuple(map(Entry.of, brought)) != offer.entries:
                return None
            self._classes.update({(plugin, each.name): each for each in brought})
            self._expected.pop(plugin, None)  # another thread may have been here
        return self._classes.get((plugin, name))

    def _unknown(self, word: str) -> Meaning:
        if word in self.clashes:
            raise PluginError(self._clash(word))
        if self.look_again():
            return self.meaning(word)
        hint = advice.for_filter(word, self.words) or "; `imgcuda list` shows what is installed"
        raise PluginError(f"there is no filter '{word}'{hint}{self.left_out}")

    @property
    def left_out(self) -> str:
        """Lines to add if a filter is not found: plugins that are broken or switched off may have it."""
        broken, off = (", ".join(sorted(each.name for each in some)) for some in (self.broken, self.disabled))
        why = f"\nBroken and left out: {broken}; `imgcuda plugins` says why" if broken else ""
        return why + (f"\nSwitched off: {off}; `imgcuda plugins --enable NAME` switches one on" if off else "")

    def _clash(self, name: str) -> str:
        plugins = " and from ".join(plugin.distribution for plugin in self.clashes[name])
        return f"filter '{name}' comes from {plugins}; uninstall one"


def build(filter_class: type[Filter], values: Mapping[str, Any]) -> Filter:
    """Return a filter with these parameters; ParameterError if one is unknown or missing."""
    known = [parameter.name for parameter in filter_class.parameters()]
    for name in values:
        if name not in known:
            raise unknown_parameter(filter_class, name)
    missing = [p.name for p in filter_class.parameters() if p.required and p.name not in values]
    if missing:
        raise ParameterError(f"{filter_class.name} needs a value for {', '.join(missing)}")
    try:
        return filter_class(**values)
    except (ImgcudaError, KeyboardInterrupt):
        raise
    except BaseException as error:  # its author's __post_init__ may raise anything
        raise FilterError(f"{filter_class.name} cannot be made: {in_words(error)}") from error


def unknown_parameter(filter_class: type[Filter], name: str) -> ParameterError:
    """Return the error for a parameter that a filter does not have."""
    known = [parameter.name for parameter in filter_class.parameters()]
    hint = advice.for_parameter(name, known) or f"; it has: {', '.join(known) or 'none'}"
    return ParameterError(f"{filter_class.name} has no parameter '{name}'{hint}")


def load(imports: bool = True) -> Registry:
    """Find all installed filters, without the index. Without `imports` no plugin runs, as if all were switched off."""
    return _gathered(_find(), imports)[0]


def refreshed() -> Registry:
    """Find all installed filters, and write them to the index."""
    registry, found = _gathered(_find())
    index.write(found)
    return registry


@cache
def installed() -> Registry:
    """Return the registry, found once per process: from the index, if that is up to date."""
    kept = index.read()
    registry, found = _gathered(kept or _find())
    if found != kept:
        index.write(found)
    return registry


def _find() -> Inventory:
    from imgcuda.registry import distributions  # importing importlib.metadata takes long

    return distributions.find(index.setting())


def _gathered(found: Inventory, imports: bool = True) -> tuple[Registry, Inventory]:
    """Return the registry, and the inventory with the entries of all plugins that work."""
    registry, off = Registry(broken=found.unreadable), disabled_plugins.disabled()
    offers = []
    for offer in found.offers:
        if not imports or off & {offer.plugin.name, offer.plugin.project}:
            registry.disabled.append(offer.plugin)
        elif offer.entries is not None:
            registry._expect(offer)
        else:
            offer = _tried(registry, offer)
        offers.append(offer)
    return registry, found._replace(offers=tuple(offers))


def _tried(registry: Registry, offer: Offer) -> Offer:
    """Import a plugin and add its filters, or the reason why it fails; return its offer with the filters."""
    from imgcuda.registry import hooks

    brought = _brought(lambda: hooks.checked_filters(offer))
    if isinstance(brought, str):
        registry.broken[offer.plugin] = brought
        return offer
    registry.add(offer.plugin, brought)
    return offer._replace(entries=tuple(map(Entry.of, brought)))


def _brought(call: Callable[[], Brought]) -> Brought | str:
    """Import a plugin, or a part of it, by a call: return the call's result, or the reason why it fails."""
    try:
        with contained():
            return call()
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a plugin may raise anything, even SystemExit
        return in_words(error)
