"""Per-pixel filters: the kernel that the core writes around `__device__` functions from colour to colour.

Several in a row become one kernel, which reads and writes each pixel once, rounded between two filters as if each
had run alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from imgcuda.errors import FilterError
from imgcuda.filters import Argument, Filter, PointFilter, snake
from imgcuda.pixels import color_channels
from imgcuda.programs.layout import Layout
from imgcuda.programs.source import Source, macro


def layout(pixel: np.dtype[Any]) -> Layout:
    """Return how threads cover an image: 16 bytes of each channel at a time, the widest load there is."""
    return Layout(over="image", block=(64, 1), pack=16 // pixel.itemsize)


KERNEL = Path(__file__).with_name("point.cuh")
_C_TYPES: dict[type, str] = {float: "float", int: "int", bool: "bool"}
_POINTERS: dict[np.dtype[Any], str] = {
    np.dtype(np.float32): "const float *",
    np.dtype(np.int32): "const int *",
    np.dtype(np.uint32): "const unsigned int *",
    np.dtype(np.uint16): "const unsigned short *",
    np.dtype(np.uint8): "const unsigned char *",
}
_QUALIFIER = re.compile(r"\b(const|volatile|__restrict__|__restrict|restrict)\b")

_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", re.MULTILINE)
_NOT_NAMES = {"struct", "enum", "r", "g", "b", "a"}  # the head of an unnamed structure; a colour's own fields
_INNERMOST = re.compile(r"\([^(){}]*\)|\{[^(){}]*\}")
_DEFINED = re.compile(r"^[ \t]*#[ \t]*define[ \t]+(\w+)", re.MULTILINE)


class PixelFunction(NamedTuple):
    """What the kernel around a filter's function depends on: not on the values that it is called with."""

    name: str
    source: Source
    constants: tuple[tuple[str, int | float], ...]
    fields: tuple[tuple[str, str], ...]
    """The C types and the names of what it takes beside the colour."""
    channels: int
    """Of the image that it is given, alpha included."""
    result_channels: int

    @property
    def sees_place(self) -> bool:
        """Whether it asks where the pixel is."""
        return self.fields[:1] == (PLACE,)


PLACE = ("place", "at")


def result_channels(filter: Filter, image_channels: int) -> int:
    """Return the channels of a filter's result: its colours, and alpha if there was one."""
    colors = color_channels(image_channels)
    return (filter.channels or colors) + image_channels - colors


def stages(filters: Sequence[Filter], image_channels: int) -> list[int]:
    """Return the channels of the image before each filter, and after the last."""
    channels = [image_channels]
    for filter in filters:
        channels.append(result_channels(filter, channels[-1]))
    return channels


def functions(filters: Sequence[PointFilter], image_channels: int) -> tuple[tuple[PixelFunction, ...], list[Argument]]:
    """Return what the kernel for filters in a row depends on, and the values that it is given."""
    channels = stages(filters, image_channels)
    made: list[PixelFunction] = []
    values: list[Argument] = []
    for position, filter in enumerate(filters):
        given = filter.arguments()
        made.append(_function(filter, given, channels[position], channels[position + 1]))
        values += given.values()
    return tuple(made), values


def _function(filter: PointFilter, given: Mapping[str, Argument], channels: int, made: int) -> PixelFunction:
    source, name = filter.source(), snake(filter.name)
    fields = tuple((_c_type(filter, each, value), each) for each, value in given.items())
    fields = _checked(source, name, fields)
    return PixelFunction(name, source, tuple(filter.constants().items()), fields, channels, made)


@lru_cache(maxsize=256)
def point_source(functions: tuple[PixelFunction, ...]) -> Source:
    """Return the functions' own sources, and after them the kernel that calls them for every pixel."""
    own = [_own_source(position, function) for position, function in enumerate(functions)]
    fields = [
        (kind, f"{name}_{position}")
        for position, function in enumerate(functions)
        for kind, name in function.fields
        if (kind, name) != PLACE
    ]
    declared = "".join(f", {kind} {name}" for kind, name in fields)
    values = "".join(f", {name}" for _, name in fields)
    kernel = KERNEL.read_text("utf-8").replace("/* fields */", declared).replace("/* values */", values)
    kernel = kernel.replace("/* filters */", " ".join(_calls(functions)))
    sizes = {
        "CHANNELS": functions[0].channels,
        "RESULT_CHANNELS": functions[-1].result_channels,
        "PLACES": any(function.sees_place for function in functions),
    }
    macros = "".join(macro(name, value) for name, value in sizes.items())
    text = f'#undef CHANNELS\n{"".join(own)}{macros}#line 1 "{KERNEL.name}"\n{kernel}'
    return Source("+".join(dict.fromkeys(function.source.name for function in functions)), text, contract=False)


def _calls(functions: Sequence[PixelFunction]) -> list[str]:
    """Return the statements that take a colour through the functions."""
    calls = []
    for position, function in enumerate(functions):
        names = "".join(f", {_passed(field, position)}" for field in function.fields)
        calls.append(f"c = f{position}_{function.name}(c{names});")
        calls.append(f"c = point_between(c, {color_channels(function.result_channels)}, alpha);")
    return calls[:-1]


def _passed(field: tuple[str, str], position: int) -> str:
    return "at" if field == PLACE else f"{field[1]}_{position}"


def _own_source(position: int, function: PixelFunction) -> str:
    """Return a function's source such that it can stand beside any other: names and macros of its own."""
    text, name = function.source.text, function.source.name
    names = declared(text)
    renamed = "".join(f"#define {name} f{position}_{name}\n" for name in names)
    macros = {**dict(function.constants), "CHANNELS": function.channels}
    given = "".join(macro(name, value) for name, value in macros.items())
    gone = "".join(f"#undef {name}\n" for name in dict.fromkeys([*names, *macros, *_DEFINED.findall(text)]))
    return f'{renamed}{given}#line 1 "{name}"\n{text}\n{gone}'


def declared(text: str) -> list[str]:
    """Return the names that a source declares outside its functions: functions, tables, structures and types."""
    outline = _DIRECTIVE.sub("", _COMMENT.sub(" ", text))
    while (shorter := _INNERMOST.sub(lambda m: "<" if m[0][0] == "(" else "|", outline)) != outline:
        outline = shorter
    # What is left of each item is its head: in front of `<` for parameters, `|` for a body or values, `[` or `=`.
    items = re.split(r"[;|]", outline.replace("= |", "="))
    names = [re.search(r"(\w+)\s*(?:<|\[|=|$)", item.strip()) for item in items]
    return list(dict.fromkeys(name[1] for name in names if name and name[1] not in _NOT_NAMES))


def _c_type(filter: PointFilter, name: str, value: Argument) -> str:
    """Return what C calls an argument: a number as it is, an array as a pointer to what must not be changed."""
    if isinstance(value, np.ndarray):
        if value.dtype not in _POINTERS:
            types = ", ".join(dtype.name for dtype in _POINTERS)
            raise FilterError(f"{filter.name}: the table '{name}' must be one of {types}; it is {value.dtype}")
        return _POINTERS[value.dtype]
    return _C_TYPES[type(value)]


def _checked(source: Source, function: str, fields: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """Hold the function's own argument list against what it is given: names, types and order.

    Return what it takes beside the colour: with the place in front, if it asks for that.
    """
    wanted = ", ".join(["color c", *(f"{kind} {name}" for kind, name in fields)])
    found = re.search(rf"__device__\s+(?:\w+\s+)*?color\s+{function}\s*\(([^)]*)\)", _COMMENT.sub(" ", source.text))
    if found is None:
        raise FilterError(f"{source.name} has no function `__device__ color {function}({wanted})`")
    first, *written = (_normal(part) for part in found[1].split(","))
    place = (PLACE,) if written[:1] == [PLACE] else ()
    if first[0] != "color" or tuple(written[len(place) :]) != tuple((_plain(kind), name) for kind, name in fields):
        raise FilterError(
            f"{source.name}: {function}({' '.join(found[1].split())}) does not match the filter's fields; "
            f"write {function}({wanted})"
        )
    return (*place, *fields)


def _normal(written: str) -> tuple[str, str]:
    """Return type and name of an argument: `const float *__restrict__ table` is a `float *`."""
    *kind, name = _QUALIFIER.sub(" ", written).replace("*", " * ").split() or [""]
    return " ".join(kind), name


def _plain(kind: str) -> str:
    return _normal(f"{kind} name")[0]
