"""`imgcuda list`: the installed filters by category, for a person or for a script."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, NoReturn

import typer

from imgcuda.cli.lookup import other_words, summary
from imgcuda.errors import PluginError, did_you_mean
from imgcuda.registry import Registry

Category = Annotated[str, typer.Argument(metavar="CATEGORY", help="List this category only.", show_default=False)]
Plain = Annotated[
    bool,
    typer.Option("--plain", help="For scripts: a line per filter, with tabs: name, category, other names, summary."),
]


def list_filters(ctx: typer.Context, category: Category = "", plain: Plain = False) -> None:
    """List the filters by category."""
    registry: Registry = ctx.obj
    if category and category not in registry.categories:
        _refuse(registry, category)
    shown = {each: names for each, names in registry.categories.items() if category in ("", each)}
    for lines in _rows(registry, shown) if plain else _groups(registry, shown):
        typer.echo(lines)


def _groups(registry: Registry, categories: dict[str, list[str]]) -> Iterator[str]:
    """Return the lines for a person: a heading for each category, and its filters below."""
    width = max((len(name) for names in categories.values() for name in names), default=0)
    for number, (category, names) in enumerate(categories.items()):
        yield f"\n{category}:" if number else f"{category}:"
        yield from (f"  {name:{width}}  {summary(registry, name)}" for name in names)


def _rows(registry: Registry, categories: dict[str, list[str]]) -> Iterator[str]:
    """Return the lines for a script, whose columns are separated by tabs."""
    return (
        "\t".join(
            [name, category, ",".join(other_words(registry, name)), " ".join(registry.entries[name].summary.split())]
        )
        for category, names in categories.items()
        for name in names
    )


def _refuse(registry: Registry, word: str) -> NoReturn:
    """Raise the error for an unknown category."""
    known = list(registry.categories)
    name = word if word in registry.filters else registry.aliases.get(word)
    if name:
        hint = f"; the filter '{name}' is in {registry.category(name)}; `imgcuda info {name}` describes it"
    else:
        hint = did_you_mean(word, known) or f"; the categories are: {', '.join(known) or 'none'}"
    raise PluginError(f"there is no category '{word}'{hint}")
