"""Completes what a user types at a shell: filters, their parameters and values, devices and formats.

Typer asks these functions, in a process for each time that the user presses Tab. Filters are known from the index, and
no plugin is imported.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from imgcuda.registry import Registry
    from imgcuda.registry.entries import ParameterEntry

Offer = tuple[str, str]
"""A completion, and its description."""


def filters(ctx: typer.Context, incomplete: str) -> list[Offer]:
    """Offer the names of filters, and aliases that begin with the typed text."""
    return list(_filters(ctx.obj, incomplete))


def words(ctx: typer.Context, incomplete: str) -> list[Offer]:
    """Offer categories and names of filters."""
    categories = [each for each in ctx.obj.categories if each not in ctx.obj.entries]
    return [*((each, "a category") for each in categories), *_filters(ctx.obj, incomplete)]


def step(ctx: typer.Context, incomplete: str) -> list[Offer]:
    """Offer the next part of a chain, the value of -f: a filter, a parameter of it, a value, or a recipe after @."""
    typed = incomplete.rpartition("|")[2].lstrip()
    before = incomplete.removesuffix(typed)
    return [(before + word, what) for word, what in _step(ctx.obj, typed)]


def files(incomplete: str) -> list[Offer]:
    """Offer nothing, so that the shell itself offers files; by default Typer would offer the typed word."""
    return []


def device(incomplete: str) -> list[Offer]:
    """Offer the names of the devices."""
    from imgcuda.cuda import presence

    count = 0 if presence.missing() else presence.count()
    gpus = ["cuda", *(f"cuda:{number}" for number in range(count))] if count else []
    return [(name, "") for name in ["auto", "cpu", *gpus, *["cuda:all"] * (count > 1)]]


def format(incomplete: str) -> list[Offer]:
    """Offer the formats that are written."""
    from imgcuda.images.formats import FORMATS

    return [(each.name.lower(), " ".join(each.extensions)) for each in FORMATS]


def _filters(registry: Registry, typed: str) -> Iterator[Offer]:
    yield from ((name, registry.entries[name].summary) for name in registry if name.startswith(typed))
    if typed:
        yield from ((word, f"= {name}") for word, name in registry.aliases.items() if word.startswith(typed))


def _step(registry: Registry, typed: str) -> list[Offer]:
    if typed.startswith("@"):
        from imgcuda.recipes.recipe_folder import saved

        return [(f"@{name}", "a recipe") for name in saved()]
    name, colon, rest = typed.partition(":")
    entry = registry.entries.get(registry.name_of(name))
    if not colon:
        found = list(_filters(registry, typed))
        return [*found, *_with_more(found, registry)]
    if not entry:
        return []
    given, comma, last = rest.rpartition(",")
    done = {each.partition("=")[0].replace("-", "_") for each in given.split(",")}
    free = [parameter for parameter in entry.parameters if parameter.name not in done]
    return [(f"{name}:{given}{comma}{word}", what) for word, what in _assignment(free, last)]


def _with_more(found: list[Offer], registry: Registry) -> list[Offer]:
    """Return a second offer, NAME: with a colon, if one filter is found: a shell adds a blank to an only offer."""
    if len(found) != 1:
        return []
    ((name, _),) = found
    has_parameters = registry.entries[registry.name_of(name)].parameters
    return [(f"{name}:", "with parameters")] if has_parameters else []


def _assignment(parameters: list[ParameterEntry], typed: str) -> list[Offer]:
    """Return the parameters that begin with the typed text, or after NAME= the values of that parameter."""
    name, equals, value = typed.partition("=")
    name = name.replace("-", "_")
    if equals:
        return [each for parameter in parameters if parameter.name == name for each in _values(parameter, value)]
    found = [parameter for parameter in parameters if parameter.name.startswith(name)]
    if len(found) == 1:  # of several offers no shell adds a blank, behind which no value could follow
        return [(f"{found[0].name}=", found[0].help), *_values(found[0], "")]
    return [(f"{parameter.name}=", parameter.help) for parameter in found]


def _values(parameter: ParameterEntry, typed: str) -> list[Offer]:
    """Return a parameter's choices, or its default."""
    values = parameter.values or ((parameter.default,) if parameter.default else ())
    return [
        (f"{parameter.name}={value}", "the default" if value == parameter.default else "")
        for value in values
        if value.startswith(typed)
    ]
