"""A chain to copy: as a command, as a program in Python, and as a recipe."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from imgcuda.errors import ParameterError
from imgcuda.recipes.chain_text import write_chain
from imgcuda.recipes.parameter_values import changed, exact_text
from imgcuda.recipes.recipe_writer import write_recipe

if TYPE_CHECKING:
    from imgcuda.filters import Filter


def chain_words(
    filters: Sequence[Filter], source: str, target: str, own: Iterable[str], file: Path | None
) -> dict[str, str]:
    """Return the command, the program and the recipe that make `target` from `source`.

    `own` are the names of the filters in the user's file, which are not installed.
    """
    strangers = [filter.name for filter in filters if filter.name in set(own)]
    if strangers and file:
        return _of_file(filters, source, target, strangers, file)
    return {
        "command": command(filters, source, target),
        "python": program(filters, source, target),
        "recipe": write_recipe(filters),
    }


def command(filters: Sequence[Filter], source: str, target: str) -> str:
    """Return the command that runs a chain over a file."""
    words = ["imgcuda", "filter" if filters else "convert", source, target]
    return shlex.join([*words, *(word for filter in filters for word in ("-f", write_chain([filter])))])


def program(filters: Sequence[Filter], source: str, target: str) -> str:
    """Return a program in Python that runs a chain over a file."""
    names = sorted({type(filter).__name__ for filter in filters})
    imports = [f"from imgcuda.functions import {', '.join(names)}", ""] if names else [""]
    steps = [f"    {_construction(filter)}," for filter in filters]
    chain = ["chain = imgcuda.Pipeline([", *steps, "])"] if steps else ["chain = imgcuda.Pipeline([])"]
    lines = ["import imgcuda", *imports, *chain, f"image = imgcuda.read({json.dumps(source)})"]
    made = "image.filtered([chain(frame.pixels) for frame in image.frames])"
    return "\n".join([*lines, f"imgcuda.write({json.dumps(target)}, {made})"]) + "\n"


def _construction(filter: Filter) -> str:
    """Return the call that makes a filter."""
    given = ", ".join(
        f"{p.name}={value!r}" if p.plain else f"{p.name}={exact_text(p, value)!r}" for p, value in changed(filter)
    )
    return f"{type(filter).__name__}({given})"


def _of_file(
    filters: Sequence[Filter], source: str, target: str, strangers: Sequence[str], file: Path
) -> dict[str, str]:
    """Return the words for a chain with filters of the user's file: `imgcuda try` runs one of them alone."""
    why = f"# {', '.join(dict.fromkeys(strangers))}: from {file.name}, which is not installed as a plugin yet"
    if len(filters) > 1:
        return {"command": why, "python": why, "recipe": why}
    words = ["imgcuda", "try", str(file), source, target, "--filter", filters[0].name]
    return {"command": shlex.join([*words, *_options(filters[0])]), "python": why, "recipe": why}


def _options(filter: Filter) -> Iterable[str]:
    for parameter, value in changed(filter):
        if parameter.type is bool:
            yield parameter.options[0 if value else 1]
        else:
            yield f"{parameter.options[0]}={exact_text(parameter, value)}"


def words_or_why(
    filters: Sequence[Filter], source: str, target: str, own: Iterable[str], file: Path | None
) -> dict[str, str]:
    """Return what `chain_words` returns, or in each place why a value cannot be written."""
    try:
        return chain_words(filters, source, target, own, file)
    except ParameterError as error:
        return dict.fromkeys(("command", "python", "recipe"), f"# {error}")
