"""Describes filters by name, and composes the error for a name that is neither a command nor a filter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

from imgcuda.errors import PluginError
from imgcuda.registry import Registry, advice

COMMANDS = {
    "filter": "filtering.filter_image",
    "convert": "converting.convert",
    "batch": "batch.batch",
    "worker": "worker_command.worker",
    "compare": "comparing.compare",
    "sweep": "sweeping.sweep",
    "gallery": "gallery_command.gallery",
    "identify": "identifying.identify",
    "stats": "stats_command.stats",
    "explain": "explain_command.explain",
    "bench": "bench_command.bench",
    "studio": "studio_command.studio",
    "list": "listing.list_filters",
    "info": "commands.info",
    "devices": "commands.list_devices",
    "doctor": "doctor.doctor",
    "plugins": "commands.list_plugins",
    "try": "trying.try_filter",
    "check": "check_command.check",
    "recipe": "recipe_command.recipe",
    "new-filter": "new_filter.new_filter",
}
"""The commands that are not filters, each with its function in this package, which is imported when it is called."""


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
        registry.meaning(word)  # raises, since several plugins have it, and names them
    hint = advice.for_command(word, registry.words, known) or "; `imgcuda --help` shows what there is"
    if "." in word:  # a file name, most likely
        hint = "; to filter a file, write imgcuda filter IN OUT -f NAME"
    raise PluginError(f"there is no command or filter '{word}'{hint}{registry.left_out}")
