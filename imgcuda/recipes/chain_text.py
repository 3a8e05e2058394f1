"""A chain as text, `blur:sigma=3,border=wrap | edges`: read into filters, and written from them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from imgcuda.errors import ParameterError, shown
from imgcuda.parameter_text import in_words
from imgcuda.recipes.parameter_values import changed, exact_text, in_order, read_value
from imgcuda.recipes.quoting import RECIPE, SEPARATOR, quoted, split, split_chain, unquoted
from imgcuda.registry import Registry, unknown_parameter

if TYPE_CHECKING:
    from imgcuda.filters import Filter
    from imgcuda.parameters import Parameter


def parse_text(registry: Registry, text: str, option: str = "") -> list[Filter]:
    """Return the filters of a chain: steps with | between them, each a filter or the name of a recipe after @.

    `option` is put before a step in messages: "-f ". Raises PluginError for an unknown filter, and ParameterError for
    all else that is wrong.
    """
    return [filter for step in split_chain(text) for filter in _filters(registry, step, option)]


def parse_step(registry: Registry, step: str, option: str = "") -> Filter:
    """Return the filter of one step. Raises PluginError for an unknown name, and ParameterError for all else."""
    name, colon, rest = step.partition(":")
    if not re.fullmatch(r"[\w.-]+", name):
        raise ParameterError(f"{shown(step, 1000)} is not a filter; write name:parameter=value,parameter=value")
    filter_class = registry[name]
    values: dict[str, Any] = {}
    for assignment in split(rest) if colon else ():
        parameter, text = _assignment(filter_class, f"{option}{step}", assignment, option)
        if parameter.name in values:
            raise ParameterError(f"{option}{step}: {parameter.name} is given twice")
        values[parameter.name] = _read(filter_class, parameter, unquoted(text))
    return registry.create(name, values)


def write_chain(filters: Iterable[Filter]) -> str:
    """Return the text of a chain, without parameters that have their defaults; `parse_text` returns equal filters.

    Raises ParameterError for a value that has no text: a picture given as an array.
    """
    return f" {SEPARATOR} ".join(map(_write_step, filters))


def example(filter_class: type[Filter]) -> str:
    """Return a valid step with the filter's first two parameters: "blur:sigma=2,border=reflect"."""
    given = [f"{p.name}={quoted(in_words(p.some_value()))}" for p in in_order(filter_class)[:2]]
    return _joined(filter_class.name, given)


def _filters(registry: Registry, step: str, option: str) -> Iterator[Filter]:
    if step.endswith(".toml") and not step.startswith(RECIPE) and "=" not in step:
        raise ParameterError(f"{shown(step, 1000)} is not a filter; a recipe has an @ before it: {option}@{step}")
    if not step.startswith(RECIPE):
        yield parse_step(registry, step, option)
        return
    from imgcuda.recipes.recipe_reader import read_recipe  # most chains have none

    yield from read_recipe(unquoted(step.removeprefix(RECIPE))).filters(registry)


def _write_step(filter: Filter) -> str:
    try:
        given = [f"{p.name}={quoted(exact_text(p, value))}" for p, value in changed(filter)]
    except ParameterError as error:
        raise ParameterError(f"{filter.name}: {error}") from error
    return _joined(filter.name, given)


def _joined(name: str, assignments: list[str]) -> str:
    return ":".join([name, ",".join(assignments)] if assignments else [name])


def _assignment(filter_class: type[Filter], step: str, assignment: str, option: str) -> tuple[Parameter, str]:
    name, equals, text = (part.strip() for part in assignment.partition("="))
    if not equals or not name or not text:
        right = example(filter_class)
        raise ParameterError(f"{step}: '{assignment}' is not parameter=value; write it as in {option}{right}")
    known = {parameter.name: parameter for parameter in filter_class.parameters()}
    name = name.replace("-", "_")  # the option is spelled with hyphens
    if name not in known:
        raise unknown_parameter(filter_class, name)
    return known[name], text


def _read(filter_class: type[Filter], parameter: Parameter, text: str) -> Any:
    try:
        return read_value(parameter, text)
    except ParameterError as error:
        raise ParameterError(f"{filter_class.name}: {error}") from None
