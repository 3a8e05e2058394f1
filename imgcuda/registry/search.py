"""Finds filters by words, in the index and in the table of synonyms; no plugin is imported."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from imgcuda.registry import Registry, advice
from imgcuda.registry.entries import Entry


class _Word(NamedTuple):
    """A word of a search, with the forms in which it is compared."""

    text: str
    plain: str
    """In lower case, without hyphens and whatever else joins its parts."""
    filters: set[str]
    """The names of the filters that the table of synonyms has for it."""


def search(registry: Registry, words: Sequence[str]) -> dict[str, list[str]]:
    """Return the filters that match all words, each with the parameters that match where nothing else of it does.

    The choices of parameters count only if nothing else fits: most filters have "mirror" among theirs.
    """
    wanted = [_Word(word, advice.plain(word), _by_synonyms(registry, word)) for word in words]
    return _search(registry, wanted, choices=False) or _search(registry, wanted, choices=True)


def _by_synonyms(registry: Registry, word: str) -> set[str]:
    steps = advice.steps_for(word, registry.words)
    return {registry.name_of(step.partition(":")[0]) for step in steps}


def _search(registry: Registry, words: Sequence[_Word], choices: bool) -> dict[str, list[str]]:
    hits = {name: [_hit(registry, name, word, choices) for word in words] for name in registry}
    return {
        name: list(dict.fromkeys(parameter for hit in found if hit for parameter in hit))
        for name, found in hits.items()
        if all(hit is not None for hit in found)
    }


def _hit(registry: Registry, name: str, word: _Word, choices: bool) -> list[str] | None:
    """Return None if a filter does not match a word, else the parameters that match, or none if its name does."""
    entry = registry.entries[name]
    texts = map(advice.plain, (entry.name, *entry.aliases, registry.category(name)))
    if any(word.plain in text for text in texts) or _is_in(entry.summary, word.text) or name in word.filters:
        return []
    return list(_parameters(entry, word.plain, choices)) or None


def _is_in(summary: str, word: str) -> bool:
    """Return whether a word of the summary begins with the word."""
    return any(each.startswith(word.lower()) for each in re.findall(r"\w+", summary.lower()))


def _parameters(entry: Entry, wanted: str, choices: bool) -> Iterator[str]:
    for parameter in entry.parameters:
        if wanted in advice.plain(parameter.name):
            yield parameter.name
        if choices:
            yield from (f"{parameter.name}={value}" for value in parameter.values if wanted in advice.plain(value))
