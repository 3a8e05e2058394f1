"""A parameter's value as text: as a user types it, as messages show it, and exactly."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from imgcuda.errors import ParameterError, shown
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


def changed(filter: Filter) -> Iterator[tuple[Parameter, Any]]:
    """Yield the parameters whose values are not their defaults, in the order for help texts, with these values."""
    for parameter in in_order(type(filter)):
        value = getattr(filter, parameter.name)
        if parameter.required or not _is_same(value, parameter.check(parameter.default)):
            yield parameter, value


def exact_text(parameter: Parameter, value: Any) -> str:
    """Return the text that `read_value` reads as this very value; ParameterError if there is none."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    return str(value) if parameter.plain else _text_of_type(parameter, value)


def _text_of_type(parameter: Parameter, value: Any) -> str:
    """Return the text of a value that is more than a number: by its own `to_text`, or by str() if that can be read."""
    try:
        if hasattr(value, "to_text"):
            return str(value.to_text())
        text = str(value)
        if _is_same(parameter.check(text), value):
            return text
        why = f"{type(value).__name__}.of() makes something else of {shown(text)}; it needs a method to_text()"
    except (ValueError, ParameterError) as error:
        why = str(error)
    raise ParameterError(f"{parameter.name} cannot be written as text: {why}")


def _is_same(one: Any, other: Any) -> bool:
    """Return whether two values of a parameter are equal; 0.0 and -0.0 are not."""
    return bool(one == other) and (not isinstance(one, float) or repr(one) == repr(other))
