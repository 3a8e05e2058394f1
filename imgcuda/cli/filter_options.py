"""Shows and reads a filter's parameters for the command line."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from imgcuda.parameter_text import read_number, read_whole_number

if TYPE_CHECKING:
    from imgcuda.filters import Filter
    from imgcuda.parameters import Parameter

_BOOL = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}


def _bool(text: str) -> bool:
    try:
        return _BOOL[text.lower()]
    except KeyError:
        raise ValueError from None


_READERS: dict[type, Callable[[str], Any]] = {
    float: read_number,
    int: read_whole_number,
    bool: _bool,
    str: str,
}


def in_order(filter_class: type[Filter]) -> list[Parameter]:
    """Return a filter's parameters in the order for help texts: its own first, then inherited ones."""
    own = inspect.get_annotations(filter_class)
    return sorted(filter_class.parameters(), key=lambda parameter: parameter.name not in own)


def read_value(parameter: Parameter, text: str) -> Any:
    """Return the value of a text, in the parameter's type; ParameterError if it is invalid or out of range."""
    try:
        value = _READERS[parameter.type](text) if parameter.plain else text
    except ValueError:
        value = text  # `check` refuses it, with a message that says what it must be
    return parameter.check(value)


def type_in_words(parameter: Parameter) -> str:
    """Return the values that a parameter takes, in words: "number, from 0.1 to 100", "one of reflect, wrap"."""
    if parameter.choices:
        return f"one of {', '.join(parameter.choices)}"
    if not parameter.plain:
        return str(parameter.type.words)
    words = {float: "number", int: "whole number", bool: "true or false", str: "text"}[parameter.type]
    return f"{words}, {parameter.range}" if parameter.range else words


def in_words(value: Any) -> str:
    """Return a parameter's value as a user types it: "2", "reflect", "true"."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)
