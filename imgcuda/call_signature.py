"""The signatures of filters, which `help`, `inspect` and notebooks show: each parameter's type, range and default."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator
from textwrap import fill
from typing import Annotated, Any, Literal

from imgcuda.parameters import Parameter

LITERAL: Any = Literal
"""Literal, as a function of the choices that a parameter has at run time."""


class FilterSignature:
    """The attribute `__signature__` of a filter class, and of a filter: what `inspect.signature` returns for it."""

    def __get__(self, filter: Any, kind: Any) -> inspect.Signature:
        if filter is not None:
            return inspect.signature(filter.__call__)
        try:
            return inspect.Signature(list(keywords(kind.parameters())))
        except Exception as error:  # a class whose fields are not declared yet, or wrongly: Python's own one is shown
            raise AttributeError(f"{kind.__name__} has no signature") from error


def keywords(parameters: Iterable[Parameter]) -> Iterator[inspect.Parameter]:
    """Return the arguments that set parameters, all by keyword."""
    for each in parameters:
        default = inspect.Parameter.empty if each.required else each.default
        kind = inspect.Parameter.KEYWORD_ONLY
        yield inspect.Parameter(each.name, kind, default=default, annotation=_annotation(each))


def _annotation(parameter: Parameter) -> Any:
    """Return a parameter's type, annotated by its range: Annotated[float, "from 0 to 1"]."""
    kind = LITERAL[parameter.choices] if parameter.choices else parameter.type
    return Annotated[kind, parameter.range] if parameter.range else kind


def in_lines(parameters: Iterable[Parameter]) -> str:
    """Return a paragraph for each parameter, in lines of a docstring: its name, what it does, and its range."""
    return "\n".join(fill(f"{each.name}: {_in_words(each)}", 112, subsequent_indent="    ") for each in parameters)


def _in_words(parameter: Parameter) -> str:
    """Return what a parameter does and takes, in words."""
    if parameter.choices:
        return f"{parameter.help}; one of {', '.join(parameter.choices)}"
    takes = parameter.range if parameter.plain else str(parameter.type.words)
    return f"{parameter.help}; {takes}" if takes else parameter.help
