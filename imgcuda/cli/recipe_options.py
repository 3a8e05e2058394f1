"""Completes the options of a command with those of a recipe."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import typer

from imgcuda.errors import ImageError
from imgcuda.images.formats import Format, by_extension, by_name
from imgcuda.recipes.recipe import FORMATS_OWN, Recipe


def with_recipe(ctx: typer.Context, values: Mapping[str, Any], recipe: Recipe) -> dict[str, Any]:
    """Return the values of a command's options, from the recipe where none are given at the command line.

    The extension of OUT counts before the recipe's format.
    """
    given = {name for name in values if is_given(ctx, name)}
    wanted = _by_out(values) or recipe.options.get("format")
    format = wanted if isinstance(wanted, Format) else by_name(wanted) if wanted else None
    if isinstance(wanted, Format):
        given.add("format")
    # --quality and --lossless exclude each other, so the given option replaces the recipe's other one.
    given |= {"quality"} if values["lossless"] else set()
    given |= {"lossless"} if values["quality"] is not None else set()
    options = recipe.options_for(format.options if format else FORMATS_OWN, given)
    return {**values, **{name: value for name, value in options.items() if name in values}}


def is_given(ctx: typer.Context, name: str) -> bool:
    """Return whether an option is given at the command line, or by a variable."""
    return str(getattr(ctx.get_parameter_source(name), "name", "")) != "DEFAULT"


def _by_out(values: Mapping[str, Any]) -> Format | None:
    """Return the format that the command line asks for: that of --format, or of the extension of OUT."""
    if values["format"]:
        return by_name(values["format"])
    try:
        return by_extension(values["out_path"].suffix.lower())
    except ImageError:
        return None
