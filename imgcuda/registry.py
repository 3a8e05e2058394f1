"""Finding filters: every entry point of the group `imgcuda` is a plugin, the built-in ones among them.

A plugin that fails is noted and left out, and the others go on working: what pluggy's own loader does not do.
"""

from __future__ import annotations

import inspect
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from importlib import metadata
from itertools import islice
from typing import Any, NamedTuple

import pluggy

from imgcuda import disabled_plugins, hookspecs
from imgcuda.containment import contained, in_words, one_line
from imgcuda.errors import FilterError, ImgcudaError, ParameterError, PluginError, did_you_mean
from imgcuda.filters import Filter

MOST = 1000
"""Filters that a plugin may bring."""

_NAME = re.compile(r"(?=.{1,64}\Z)[a-z0-9]+([._-][a-z0-9]+)*")


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

    def category(self, name: str) -> str:
        """Return the category of the filter called `name`: its own word for it, or else its plugin's name."""
        return self.filters[name].category or self.sources[name].name

    @property
    def categories(self) -> dict[str, list[str]]:
        """The names of the filters by category, both in alphabetical order."""
        found: dict[str, list[str]] = {}
        for name in self:
            found.setdefault(self.category(name), []).append(name)
        return dict(sorted(found.items()))

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
    try:
        return filter_class(**values)
    except (ImgcudaError, KeyboardInterrupt):
        raise
    except BaseException as error:  # its author's __post_init__ may raise anything
        raise FilterError(f"{filter_class.name} cannot be made: {in_words(error)}") from error


def load(imports: bool = True) -> Registry:
    """Find every installed filter, afresh. Without `imports` no plugin is run: all are as if switched off."""
    registry, off = Registry(), disabled_plugins.disabled()
    for plugin, point in sorted(_found(registry), key=lambda each: (each[0].project, each[0].name)):
        if not imports or off & {plugin.name, plugin.project}:
            registry.disabled.append(plugin)
            continue
        try:
            with contained():
                registry.add(plugin, _filters(point))
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # whatever a plugin may raise: SystemExit, too
            registry.broken[plugin] = in_words(error)
    return registry


@cache
def installed() -> Registry:
    """Return what is installed, looked up once in a process."""
    return load()


def _found(registry: Registry) -> Iterator[tuple[Plugin, metadata.EntryPoint]]:
    """Return the plugins of all distributions; one whose metadata is broken is noted, and does no harm to others."""
    seen: set[str] = set()
    for distribution in metadata.distributions():
        place = one_line(str(getattr(distribution, "_path", "an unknown place")))
        try:
            text = distribution.read_text("entry_points.txt") or ""
            if not re.search(rf"^\s*\[\s*{hookspecs.PROJECT}\s*\]", text, re.MULTILINE):
                continue
            project, version = _identity(distribution)
            if _normalized(project) in seen or metadata.distribution(project).read_text("entry_points.txt") != text:
                continue  # an older one, further back in sys.path
            seen.add(_normalized(project))
            points = [point for point in distribution.entry_points if point.group == hookspecs.PROJECT]
        except Exception as error:
            why = (
                str(error) if isinstance(error, PluginError) else f"its entry points cannot be read ({in_words(error)})"
            )
            registry.broken[Plugin(place.replace("\\", "/").rpartition("/")[2], place)] = why
            continue
        for point in points:
            yield Plugin(one_line(point.name), one_line(f"{project} {version}")), point


def _identity(distribution: metadata.Distribution) -> tuple[str, str]:
    """Return a distribution's name and version; PluginError if its metadata does not say them."""
    with suppress(Exception):  # which it would be depends on Python's version
        name, version = distribution.metadata["Name"], distribution.metadata["Version"]
        if re.fullmatch(r"[\w.-]+", name) and re.fullmatch(r"[\w.+!-]+", version):
            return name, version
    raise PluginError("its METADATA has no name and version; install it again, or remove that folder")


def _normalized(project: str) -> str:
    return re.sub(r"[-_.]+", "-", project).lower()


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
    found = (filter_class for filters in manager.hook.imgcuda_filters() for filter_class in filters)
    filters = list(islice(found, MOST + 1))
    if len(filters) > MOST:
        raise PluginError(f"imgcuda_filters() returned more than {MOST} filters")
    for filter_class in filters:
        if not (isinstance(filter_class, type) and issubclass(filter_class, Filter)):
            raise TypeError(f"imgcuda_filters() must return filter classes; it returned {filter_class!r}")
        _check_words(filter_class)
        check_options(filter_class)
        check_aliases(filter_class)
    if twice := [name for name, count in Counter(each.name for each in filters).items() if count > 1]:
        raise PluginError(f"it brings several filters called '{twice[0]}'")
    return filters


def _check_words(filter_class: type[Filter]) -> None:
    """Refuse a name that could not be typed, and words that a terminal would obey instead of showing them."""
    name = filter_class.name
    if type(name) is not str or not _NAME.fullmatch(name) or inspect.getattr_static(filter_class, "name") != name:
        raise PluginError(
            f"a filter's name is in lower case, with hyphens between words, as warm-glow; it is {one_line(repr(name))}"
        )
    category = filter_class.category
    if type(category) is not str or (category and not _NAME.fullmatch(category)):
        raise PluginError(
            f"{name}: a category is in lower case, with hyphens between words, as blur; "
            f"it is {one_line(repr(category))}"
        )
    texts = {"its docstring": filter_class.__doc__ or ""}
    for parameter in filter_class.parameters():  # a field that is declared wrongly is found now
        texts[f"the help of {parameter.name}"] = " ".join([parameter.help, *parameter.choices])
    for what, text in texts.items():
        if not all(c.isprintable() or c in "\n\t" for c in text):
            raise PluginError(f"{name}: {what} has control characters")


def check_options(filter_class: type[Filter]) -> None:
    """Refuse a parameter whose option could not be told from a mistake, and two parameters with one option."""
    owners: dict[str, str] = {}
    for parameter in filter_class.parameters():
        name = parameter.name
        if name != name.strip("_"):
            raise PluginError(
                f"{filter_class.name}: the parameter {name} would be the option {parameter.options[0]}; "
                "let its name begin and end with a letter or digit"
            )
        for option in parameter.options:
            if option in owners:
                words = f"the parameters {owners[option]} and {name} would have one option, {option}"
                raise PluginError(f"{filter_class.name}: {words}; rename one")
            owners[option] = name


def check_aliases(filter_class: type[Filter]) -> None:
    """Refuse other words that could not be typed, or that stand for what the filter cannot be."""
    known = {parameter.name: parameter for parameter in filter_class.parameters()}
    for word, values in filter_class.aliases.items():
        if not isinstance(word, str) or not re.fullmatch(r"\w[\w.-]{0,63}", word):
            raise PluginError(f"{filter_class.name}: the alias {one_line(repr(word))} is not a word")
        for name, value in values.items():
            if name not in known:
                raise PluginError(f"{filter_class.name}: the alias '{word}' sets '{name}', which is no parameter")
            known[name].check(value)
