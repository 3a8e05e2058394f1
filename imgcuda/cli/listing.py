"""`imgcuda list`: lists the filters by category, all or by search words, for a person or for a script."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated

import typer

from imgcuda.cli import completing
from imgcuda.cli.lookup import other_words, summary
from imgcuda.errors import PluginError, did_you_mean
from imgcuda.registry import Registry

Words = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="WORD...",
        help="A category, or words to look for in names, summaries, parameters and their choices.",
        show_default=False,
        autocompletion=completing.words,
    ),
]
Plain = Annotated[
    bool,
    typer.Option("--plain", help="For scripts: a line per filter, with tabs: name, category, other names, summary."),
]
Found = Mapping[str, Sequence[str]]
"""The filters to list, and the parameters by which a search has found them."""


def list_filters(ctx: typer.Context, words: Words = None, plain: Plain = False) -> None:
    """List the filters by category. With words, list the filters that match them: imgcuda list noise."""
    registry: Registry = ctx.obj
    found = found_filters(registry, words or [])
    shown = {each: [name for name in names if name in found] for each, names in registry.categories.items()}
    shown = {category: names for category, names in shown.items() if names}
    for lines in _rows(registry, shown) if plain else _groups(registry, shown, found):
        typer.echo(lines)


def found_filters(registry: Registry, words: Sequence[str]) -> Found:
    """Return the filters of a category, or the filters that match all words; PluginError if there are none."""
    if not words:
        return dict.fromkeys(registry, ())
    if len(words) == 1 and words[0] in registry.categories:
        return dict.fromkeys(registry.categories[words[0]], ())
    from imgcuda.registry.search import search  # most commands look for nothing

    found = search(registry, words)
    if not found:
        known = list(registry.categories)
        near = did_you_mean(words[0], [*known, *registry.words]) if len(words) == 1 else ""
        hint = near or f"; the categories are: {', '.join(known) or 'none'}"
        raise PluginError(f"no filter fits '{' '.join(words)}'{hint}")
    return found


def _groups(registry: Registry, categories: dict[str, list[str]], found: Found) -> Iterator[str]:
    """Return the lines for a person: a heading for each category, and its filters below."""
    width = max((len(name) for names in categories.values() for name in names), default=0)
    for number, (category, names) in enumerate(categories.items()):
        yield f"\n{category}:" if number else f"{category}:"
        for name in names:
            by = f" [{', '.join(found[name])}]" if found[name] else ""
            yield f"  {name:{width}}  {summary(registry, name)}{by}"


def _rows(registry: Registry, categories: dict[str, list[str]]) -> Iterator[str]:
    """Return the lines for a script, whose columns are separated by tabs."""
    return (
        "\t".join(
            [name, category, ",".join(other_words(registry, name)), " ".join(registry.entries[name].summary.split())]
        )
        for category, names in categories.items()
        for name in names
    )
