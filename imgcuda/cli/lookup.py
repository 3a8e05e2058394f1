"""Finds a filter or a command by name, and composes the error for an unknown name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NoReturn

from imgcuda.errors import PluginError, did_you_mean
from imgcuda.registry import Registry

if TYPE_CHECKING:
    from imgcuda.filters import Filter


def find(registry: Registry, name: str) -> type[Filter]:
    """Return the filter called `name`; PluginError names broken plugins, which may be the reason."""
    try:
        return registry[name]
    except PluginError as error:
        raise PluginError(f"{error}{_left_out(registry, name)}") from None


def other_words(registry: Registry, name: str) -> list[str]:
    """Return the aliases of a filter."""
    return [word for word, filter_name in registry.aliases.items() if filter_name == name]


def summary(registry: Registry, name: str) -> str:
    """Return a filter's summary and aliases: "Show the edges. (sobel, scharr)"."""
    words = other_words(registry, name)
    return registry.entries[name].summary + (f" ({', '.join(words)})" if words else "")


def refuse(registry: Registry, word: str, known: Sequence[str]) -> NoReturn:
    """Raise the error for a name that is neither a command nor a filter."""
    if word in registry.clashes:
        find(registry, word)  # raises if several plugins have it, and names them
    hint = did_you_mean(word, known) or "; `imgcuda --help` shows what there is"
    if "." in word:  # a file name, most likely
        hint = "; to filter a file, write imgcuda filter IN OUT -f NAME"
    raise PluginError(f"there is no command or filter '{word}'{hint}{_left_out(registry, word)}")


def _left_out(registry: Registry, name: str) -> str:
    """Return the lines to add if a filter is not found: plugins that are broken or switched off may have it."""
    if name in registry.clashes:
        return ""
    broken, off = (", ".join(sorted(each.name for each in some)) for some in (registry.broken, registry.disabled))
    why = f"\nBroken and left out: {broken}; `imgcuda plugins` says why" if broken else ""
    return why + (f"\nSwitched off: {off}; `imgcuda plugins --enable NAME` switches one on" if off else "")
