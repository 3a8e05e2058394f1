"""`imgcuda recipe`: writes, checks, keeps and lists recipes."""

from __future__ import annotations

import unicodedata
from typing import Annotated

import typer

from imgcuda.cli import completing
from imgcuda.errors import ParameterError, printable

Steps = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="STEP...",
        help="Filters, as after -f; or one recipe, FILE.toml or @NAME.",
        autocompletion=completing.step,
    ),
]
Save = Annotated[str, typer.Option("--save", metavar="NAME", help="Keep it in your folder, for -f @NAME.")]
Description = Annotated[str, typer.Option("--description", metavar="TEXT", help="What the recipe is for.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace the recipe of that name.")]


def recipe(
    ctx: typer.Context,
    steps: Steps = None,
    save: Save = "",
    description: Description = "",
    overwrite: Overwrite = False,
) -> None:
    """Print filters as a recipe, check a recipe, or list yours: imgcuda recipe blur:sigma=2 edges > look.toml."""
    from imgcuda.recipes import recipe_folder
    from imgcuda.recipes.chain_text import parse_text, write_chain
    from imgcuda.recipes.recipe_reader import read_recipe
    from imgcuda.recipes.recipe_writer import write_recipe

    if not steps:
        _list_saved()
        return
    known = read_recipe(steps[0].removeprefix("@")) if len(steps) == 1 and _is_recipe(steps[0]) else None
    filters = known.filters(ctx.obj) if known else [each for step in steps for each in parse_text(ctx.obj, step)]
    if known and not save:
        typer.echo(_without_control(write_chain(filters)))
        return
    options, words = (known.options, known.description) if known else ({}, "")
    text = write_recipe(filters, options, description or words, absolute=bool(save))
    if save:
        typer.echo(f"{recipe_folder.save(save, text, overwrite)} is written; use it with -f @{save}")
    else:
        typer.echo(text, nl=False)


def _is_recipe(word: str) -> bool:
    """Return whether an argument is a recipe by itself, and not a filter."""
    return not {*"|="} & {*word} and (word.startswith("@") or word.endswith(".toml"))


def _without_control(text: str) -> str:
    """Return a text with its control characters escaped, and all others as they are, so that it can be used again."""
    return printable(text, keep="".join({each for each in text if unicodedata.category(each) != "Cc"}))


def _list_saved() -> None:
    """Print a line for each recipe in the user's folder; exit 1 if one is not right."""
    from imgcuda.recipes import recipe_folder

    names = recipe_folder.saved()
    if not names:
        typer.echo(f"There are no recipes in {recipe_folder.folder()}; --save NAME keeps one there.")
    width = max(map(len, names), default=0)
    lines = {name: _about(name) for name in names}
    for name, (words, _) in lines.items():
        typer.echo(f"{name:{width}}  {_without_control(words)}")
    if not all(right for _, right in lines.values()):
        raise typer.Exit(1)


def _about(name: str) -> tuple[str, bool]:
    """Return a recipe's description, or the names of its filters, and whether it could be read."""
    from imgcuda.recipes.recipe_reader import read_recipe

    try:
        found = read_recipe(name)
    except ParameterError as error:
        return f"is not right: {error}", False
    return found.description or ", ".join(str(step["name"]) for step in found.steps), True
