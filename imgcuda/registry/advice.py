"""Suggestions for an unknown name: those of the table of synonyms, or else names with a similar spelling."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from imgcuda.errors import did_you_mean


def steps_for(word: str, known: Collection[str]) -> list[str]:
    """Return the steps that the table has for a word, of filters among the `known` names and aliases."""
    from imgcuda.registry.synonyms import FILTERS  # most commands know all names

    return [step for step in _meanings(FILTERS, word) if step.partition(":")[0] in known]


def for_filter(word: str, known: Sequence[str]) -> str:
    """Return the end of a message about a filter that is not known: "; try median or bilateral"; else empty."""
    steps = steps_for(word, known)
    return f"; try {_any_of(steps)}" if steps else did_you_mean(word, known)


def for_command(word: str, filters: Collection[str], known: Sequence[str]) -> str:
    """Return the same for a command: "; try resize --fit 256x256". `known` are the filters and all other commands."""
    steps = steps_for(word, filters)
    return f"; try {_any_of([_as_command(step) for step in steps])}" if steps else did_you_mean(word, known)


def for_parameter(word: str, known: Sequence[str]) -> str:
    """Return the end of a message about a parameter that is not known: "; did you mean 'sigma'?"; else empty."""
    meant = parameter_for(word, known)
    return f"; did you mean '{meant}'?" if meant else did_you_mean(word, known)


def parameter_for(word: str, known: Sequence[str]) -> str:
    """Return the first of the names that the table has for a word that is among the `known` ones; else empty."""
    from imgcuda.registry.synonyms import PARAMETERS

    return next((name for name in _meanings(PARAMETERS, word) if name in known), "")


def _meanings(table: Mapping[str, str], word: str) -> Iterator[str]:
    wanted = plain(word)
    for words, meanings in table.items():
        if wanted in map(plain, words.split()):
            yield from meanings.split()


def plain(word: str) -> str:
    """Return a word as it is compared: in lower case, without what joins its parts."""
    return re.sub(r"[-_. ]", "", word.lower())


def _any_of(words: Sequence[str]) -> str:
    return " or ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def _as_command(step: str) -> str:
    """Return a step as a command: "resize --fit 256x256" for "resize:fit=256x256"."""
    name, _, rest = step.partition(":")
    pairs = (each.partition("=") for each in rest.split(",") if each)
    return " ".join([name, *(f"--{parameter.replace('_', '-')} {value}" for parameter, _, value in pairs)])
