"""Writes a recipe as TOML, which `recipe_reader` reads as equal filters and options."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imgcuda.errors import ParameterError
from imgcuda.recipes.file_choices import CHOICES
from imgcuda.recipes.parameter_values import changed, exact_text
from imgcuda.recipes.recipe import is_file_name
from imgcuda.recipes.recipe_reader import LARGEST, VERSION

if TYPE_CHECKING:
    from imgcuda.filters import Filter
    from imgcuda.parameters import Parameter

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def write_recipe(
    filters: Iterable[Filter], options: Mapping[str, Any] | None = None, description: str = "", absolute: bool = False
) -> str:
    """Return a recipe's text, without parameters that have their defaults; ParameterError if it cannot be written.

    `options` are as in Recipe. With `absolute` files have their whole names, for a recipe that is put elsewhere.
    """
    head = {"version": VERSION, **({"description": description} if description else {})}
    blocks = ["\n".join(_pairs(head))]
    blocks += ["\n".join(["[[filter]]", *_step(filter, absolute)]) for filter in filters]
    for table, known in CHOICES.items():
        if given := {name: value for name, value in (options or {}).items() if name in known}:
            blocks.append("\n".join([f"[{table}]", *_pairs(given)]))
    text = "\n\n".join(blocks) + "\n"
    if len(text) > LARGEST:
        raise ParameterError(f"the recipe would have more than {LARGEST:,} characters, and could not be read")
    return text


def _step(filter: Filter, absolute: bool) -> Iterator[str]:
    try:
        yield from _pairs({"name": filter.name})
        for parameter, value in changed(filter):
            yield f"{_key(parameter.name)} = {_value(parameter, value, absolute)}"
    except ParameterError as error:
        raise ParameterError(f"{filter.name}: {error}") from error


def _pairs(given: Mapping[str, Any]) -> Iterator[str]:
    return (f"{name} = {_plain(value)}" for name, value in given.items())


def _value(parameter: Parameter, value: Any, absolute: bool) -> str:
    if parameter.plain:
        return _plain(value)
    text = exact_text(parameter, value)
    if is_file_name(parameter, text):
        return _plain(str(Path(text).absolute()) if absolute else text)
    return _list(parameter, value, text) or _plain(text)


def _list(parameter: Parameter, value: Any, text: str) -> str:
    """Return a list of numbers as TOML has it; an empty text if the parameter's type does not read it as it reads the
    text."""
    try:
        found = json.loads(text)
        return json.dumps(found) if isinstance(found, list) and parameter.check(found) == value else ""
    except (ValueError, ParameterError, RecursionError):
        return ""


def _plain(value: str | float | bool) -> str:
    """Return a text, a number or a switch as TOML has it, which is nearly how JSON has it."""
    try:
        text = json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
        text.encode()
    except UnicodeEncodeError:
        raise ParameterError(f"{value!a} cannot be written in a recipe: it is not Unicode") from None
    return text


def _key(name: str) -> str:
    return name if _BARE_KEY.fullmatch(name) else _plain(name)
