"""Reads filters from the text after -f: `blur:sigma=3,border=wrap`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from imgcuda.cli.filter_options import in_order, in_words, read_value
from imgcuda.cli.lookup import find
from imgcuda.cli.quoting import quoted, split, unquoted
from imgcuda.errors import ParameterError, did_you_mean, shown
from imgcuda.registry import Registry

if TYPE_CHECKING:
    from imgcuda.filters import Filter
    from imgcuda.parameters import Parameter

DEFAULT = "blur"
"""The filter that runs if no -f is given."""


def parse_chain(registry: Registry, steps: Sequence[str]) -> list[Filter]:
    """Return the filters of all -f options, in order; the default filter if there are none."""
    if not steps and DEFAULT not in registry.filters:
        raise ParameterError(f"which filter? Without -f it is '{DEFAULT}', which is not installed; write -f NAME")
    return [parse_step(registry, step) for step in steps or [DEFAULT]]


def parse_step(registry: Registry, step: str) -> Filter:
    """Return the filter of one step. Raises PluginError for an unknown name, and ParameterError for all else."""
    name, colon, rest = step.partition(":")
    if not re.fullmatch(r"[\w.-]+", name):
        raise ParameterError(f"{shown(step, 1000)} is not a filter; write name:parameter=value,parameter=value")
    filter_class = find(registry, name)
    values: dict[str, Any] = {}
    for assignment in split(rest) if colon else ():
        parameter, text = _assignment(filter_class, step, assignment)
        if parameter.name in values:
            raise ParameterError(f"-f {step}: {parameter.name} is given twice")
        values[parameter.name] = _read(filter_class, parameter, unquoted(text))
    return registry.create(name, values)


def example(filter_class: type[Filter]) -> str:
    """Return a valid step with the filter's first two parameters: "blur:sigma=2,border=reflect"."""
    given = [f"{p.name}={_sample(p)}" for p in in_order(filter_class)[:2]]
    return ":".join([filter_class.name, ",".join(given)] if given else [filter_class.name])


def _assignment(filter_class: type[Filter], step: str, assignment: str) -> tuple[Parameter, str]:
    name, equals, text = (part.strip() for part in assignment.partition("="))
    if not equals or not name or not text:
        right = example(filter_class)
        raise ParameterError(f"-f {step}: '{assignment}' is not parameter=value; write it as in -f {right}")
    known = {parameter.name: parameter for parameter in filter_class.parameters()}
    name = name.replace("-", "_")  # the option is spelled with hyphens
    if name not in known:
        hint = did_you_mean(name, list(known)) or f"; it has: {', '.join(known) or 'none'}"
        raise ParameterError(f"{filter_class.name} has no parameter '{name}'{hint}")
    return known[name], text


def _read(filter_class: type[Filter], parameter: Parameter, text: str) -> Any:
    try:
        return read_value(parameter, text)
    except ParameterError as error:
        raise ParameterError(f"{filter_class.name}: {error}") from None


def _sample(parameter: Parameter) -> str:
    return quoted(in_words(parameter.some_value()))
