"""The controls of a filter, made from its fields: a slider, a switch, a list of choices, a color, a text or a file."""

from __future__ import annotations

import inspect
import re
from collections.abc import Sequence
from math import floor, log10
from typing import TYPE_CHECKING, Any

from imgcuda.colors import Color
from imgcuda.errors import ParameterError
from imgcuda.recipes.parameter_values import exact_text, in_order, type_in_words
from imgcuda.recipes.recipe import is_file_name

if TYPE_CHECKING:
    from imgcuda.filters import Filter
    from imgcuda.parameters import Parameter

WIDEST = 720
"""A slider covers the whole range of a parameter up to this width, as -360 to 360 degrees; of a wider range, a part."""

_UNITS = re.compile(r"\b(in pixels|pixels from|in degrees|percent|in kelvin|in stops)\b")
_UNIT_NAMES = {"in pixels": "px", "pixels from": "px", "in degrees": "°", "percent": "%", "in kelvin": "K",
               "in stops": "EV"}  # fmt: skip
_REACHES = {"px": 1000.0}
"""How far a slider reaches at least for numbers of a unit."""


def describe(filter_class: type[Filter], category: str, aliases: Sequence[str]) -> dict[str, Any]:
    """Return what the page shows of a filter: names, help, and a control for each parameter."""
    return {
        "name": filter_class.name,
        "category": category,
        "summary": filter_class.summary(),
        "help": inspect.cleandoc(filter_class.__doc__ or ""),
        "aliases": list(aliases),
        "controls": [control(parameter) for parameter in in_order(filter_class)],
    }


def control(parameter: Parameter) -> dict[str, Any]:
    """Return the control of a parameter: its kind, and what that kind needs."""
    made: dict[str, Any] = {
        "name": parameter.name,
        "label": parameter.name.replace("_", " "),
        "help": parameter.help,
        "words": type_in_words(parameter),
        "kind": _kind(parameter),
        "required": parameter.required,
        "value": _shown(parameter),
    }
    if parameter.choices:
        made["choices"] = list(parameter.choices)
    if parameter.type in (float, int):
        made |= _numbers(parameter)
    return made


def _kind(parameter: Parameter) -> str:
    if parameter.choices:
        return "choice"
    if parameter.plain:
        return {bool: "switch", int: "whole", float: "number"}[parameter.type]
    if parameter.type is Color:
        return "color"
    if not getattr(parameter.type, "reads_files", False):
        return "text"
    return "file" if is_file_name(parameter, str(parameter.type.example())) else "rows"


def _shown(parameter: Parameter) -> Any:
    """Return the value that the control has at first: the default, or some valid value; a file has none."""
    kind, value = _kind(parameter), parameter.check(parameter.some_value())
    if kind == "file":
        return ""
    if kind == "color":
        return str(value)
    if parameter.plain:
        return value
    try:
        return exact_text(parameter, value)
    except ParameterError:  # "none" of a type that reads it only as the absence of a value
        return ""


def _numbers(parameter: Parameter) -> dict[str, Any]:
    """Return the range of a number, and of its slider, in steps of 1, 2 or 5 times a power of ten."""
    least, most, unit = parameter.ge, parameter.le, unit_of(parameter)
    value = float(parameter.some_value())
    reach = max(10 * abs(value), _REACHES.get(unit, 10.0))
    low, high = -reach if least is None else least, reach if most is None else most
    if high - low > WIDEST:
        low, high = max(low, min(0.0, -reach if low < 0 else low)), min(high, reach)
    whole = parameter.type is int
    return {
        "least": least,
        "most": most,
        "low": int(low) if whole else low,
        "high": int(high) if whole else high,
        "step": 1 if whole else _step(high - low),
        "curved": not whole and 0 <= low < value and high - low > 20 * (value - low),
        "unit": unit,
    }


def unit_of(parameter: Parameter) -> str:
    """Return the sign of a parameter's unit, which its help names; empty if there is none."""
    found = _UNITS.search(parameter.help)
    return _UNIT_NAMES[found[1]] if found else ""


def _step(width: float) -> float:
    """Return the largest step of 1, 2 or 5 times a power of ten that fits into a range at least 200 times."""
    exact = width / 200
    power = 10.0 ** floor(log10(exact))
    factor = max(each for each in (1, 2, 5) if each * power <= exact * 1.000001)
    return float(f"{factor * power:.6g}")
