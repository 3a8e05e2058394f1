"""Reads recipes: a TOML file's syntax, keys and values are checked, and nothing in it is run."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from imgcuda.errors import ParameterError, did_you_mean, shown
from imgcuda.parameter_text import read_lines
from imgcuda.recipes.file_choices import CHOICES
from imgcuda.recipes.recipe import Recipe
from imgcuda.recipes.recipe_folder import path_of

VERSION = 1
"""The version of the form: a recipe of a later version is refused."""
LARGEST = 1 << 20
"""The most bytes of a recipe: room for 50,000 numbers. The slowest file of this size takes a second to read."""
MOST_FILTERS = 1000
LONGEST_DESCRIPTION = 1000

_KEYS = ("version", "description", "filter", *CHOICES)
_LONG_KEY = re.compile(r"""(?<![\w-])(?:(?:[\w-]+|"[^"\n]*"|'[^'\n]*')[ \t]*\.[ \t]*){32}""")
"""A dotted key of many parts, for which tomllib takes time by the square of their number."""


def read_recipe(word: str) -> Recipe:
    """Return the recipe in a file, or the one of a name in the user's folder; ParameterError if it is not a recipe."""
    return read_file(path_of(word))


def read_file(file: str | os.PathLike[str]) -> Recipe:
    """Return the recipe in a file; ParameterError if it cannot be read or is not a recipe."""
    path = os.fsdecode(file)
    try:
        lines = read_lines(path, LARGEST)
    except ValueError as error:
        raise ParameterError(f"there is no recipe: {error}") from error
    return parse_recipe("\n".join(lines), path, os.path.dirname(path))  # noqa: PTH120  # kept as given


def parse_recipe(text: str, source: str = "the recipe", folder: str = "") -> Recipe:
    """Return the recipe in a text; names of files in it are relative to `folder`. `source` is its name in messages."""
    try:
        return _recipe(_tables(text), source, folder)
    except ParameterError as error:
        raise ParameterError(f"{shown(source, 1000)[1:-1]}: {error}") from error.__cause__


def _tables(text: str) -> dict[str, Any]:
    if len(text) > LARGEST:
        raise ParameterError(f"it has more than {LARGEST:,} characters")
    if _LONG_KEY.search(text):
        raise ParameterError("it has a key, or a text, of more than 32 parts with dots between them")
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # ValueError also for a number of thousands of digits
        words = "lists within lists within lists" if isinstance(error, RecursionError) else str(error)
        raise ParameterError(f"it is not TOML: {words[:1].lower()}{words[1:]}") from error


def _recipe(tables: dict[str, Any], source: str, folder: str) -> Recipe:
    _check_keys(tables, _KEYS, "a recipe")
    version = tables.get("version", VERSION)
    if type(version) is not int or version != VERSION:
        raise ParameterError(f"its version is {shown(version)}; this imgcuda reads version {VERSION}")
    description = tables.get("description", "")
    if not isinstance(description, str) or len(description) > LONGEST_DESCRIPTION:
        raise ParameterError(f"its description must be a text of at most {LONGEST_DESCRIPTION} characters")
    steps = tables.get("filter", [])
    _check_steps(steps)
    options = dict(_options(tables))
    if options.get("lossless") and "quality" in options:
        raise ParameterError("[output]: lossless loses nothing, so there is no quality to choose")
    return Recipe(source, folder, description, options, tuple(steps))


def _options(tables: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the values of the tables `input` and `output`, checked."""
    for table, known in CHOICES.items():
        given = tables.get(table, {})
        if not isinstance(given, dict):
            raise ParameterError(f"{table} must be a table; write [{table}], and its options below")
        given = {key.replace("-", "_"): value for key, value in given.items()}
        _check_keys(given, tuple(known), f"[{table}]")
        for name, value in given.items():
            try:
                yield name, known[name](value)
            except ParameterError as error:
                raise ParameterError(f"[{table}]: {error}") from None


def _check_steps(steps: object) -> None:
    if not isinstance(steps, list) or not all(isinstance(step, dict) for step in steps):
        raise ParameterError('write [[filter]], in two brackets, above each filter, and name = "blur" below')
    if len(steps) > MOST_FILTERS:
        raise ParameterError(f"it has {len(steps):,} filters, more than {MOST_FILTERS:,}")
    for number, step in enumerate(steps, 1):
        if not isinstance(step.get("name"), str):
            raise ParameterError(f'filter {number} has no name; write name = "blur"')


def _check_keys(given: Mapping[str, Any], known: Sequence[str], where: str) -> None:
    for key in given:
        if key not in known:
            hint = did_you_mean(key, known) or f"; it has: {', '.join(known)}"
            raise ParameterError(f"{where} has no {shown(key)}{hint}")
