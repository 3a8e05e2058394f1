"""What a recipe may say about reading and writing files: options of the command, by their names.

Options that decide which files are replaced, or what a run may take, are not among them: those are for who runs it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from imgcuda.errors import ParameterError, shown
from imgcuda.parameters import Parameter

LONGEST_NAME = 200
"""Characters of a template for names."""


def _choice(name: str, *choices: str) -> Callable[[object], Any]:
    return Parameter(name, str, dataclasses.MISSING, None, None, "", choices, False).check


def _switch(name: str) -> Callable[[object], Any]:
    return Parameter(name, bool, dataclasses.MISSING, None, None, "", (), False).check


def _number(name: str, least: int, most: int) -> Callable[[object], Any]:
    return Parameter(name, int, dataclasses.MISSING, least, most, "", (), False).check


def _depth(value: object) -> Any:
    """Return the value of --depth, which is a text; a recipe may also have it as a number."""
    return _choice("depth", "8", "16", "float")(str(value) if type(value) is int else value)


def _format(value: object) -> str:
    from imgcuda import images  # imported late, since importing Pillow takes long

    if not isinstance(value, str):
        raise ParameterError(f"format must be the name of a format, as png; got {shown(value)}")
    try:
        images.by_name(value)
    except ParameterError as error:
        raise ParameterError(str(error).removeprefix("--format: ")) from None
    return value


def _name(value: object) -> str:
    if not isinstance(value, str) or not value.isprintable() or not 0 < len(value) <= LONGEST_NAME:
        raise ParameterError(f"name must be a template for the names of files, as {{stem}}_web; got {shown(value)}")
    return value


CHOICES: Mapping[str, Mapping[str, Callable[[object], Any]]] = {
    "input": {
        "convert": _choice("convert", "L", "LA", "RGB", "RGBA", "F"),
        "linear": _switch("linear"),
        "auto_orient": _switch("auto_orient"),
    },
    "output": {
        "format": _format,
        "name": _name,
        "depth": _depth,
        "strip": _switch("strip"),
        "quality": _number("quality", 1, 100),
        "compress": _number("compress", 0, 9),
        "lossless": _switch("lossless"),
        "progressive": _switch("progressive"),
    },
}
"""For each table of a recipe its keys, with the function that returns a valid value or raises ParameterError."""
