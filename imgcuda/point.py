"""Per-pixel filters: the kernel that the core writes around `__device__` functions from colour to colour.

Several in a row become one kernel, which reads and writes each pixel once, rounded between two filters as if each
had run alone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from imgcuda.errors import FilterError
from imgcuda.filters import Parameter, PointFilter, snake
from imgcuda.kernels import Source, macro
from imgcuda.launch import Layout


def layout(pixel: np.dtype[Any]) -> Layout:
    """Return how threads cover an image: 16 bytes of each channel at a time, the widest load there is."""
    return Layout(over="image", block=(64, 1), pack=16 // pixel.itemsize)


KERNEL = Path(__file__).with_name("point.cuh")
_C_TYPES: dict[type, str] = {float: "float", int: "int", bool: "bool", str: "int"}

_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", re.MULTILINE)
_NOT_NAMES = {"struct", "enum", "r", "g", "b", "a"}  # the head of an unnamed structure; a colour's own fields
_INNERMOST = re.compile(r"\([^(){}]*\)|\{[^(){}]*\}")
_DEFINED = re.compile(r"^[ \t]*#[ \t]*define[ \t]+(\w+)", re.MULTILINE)


def color_channels(image_channels: int) -> int:
    """Return how many of an image's channels are colour: all but alpha."""
    return image_channels - (image_channels in (2, 4))


def result_channels(filter: PointFilter, image_channels: int) -> int:
    """Return the channels of the result: the filter's colours, and alpha if there was one."""
    colors = color_channels(image_channels)
    return (filter.channels or colors) + image_channels - colors


def stages(filters: Sequence[PointFilter], image_channels: int) -> list[int]:
    """Return the channels of the image before each filter, and after the last."""
    channels = [image_channels]
    for filter in filters:
        channels.append(result_channels(filter, channels[-1]))
    return channels


def arguments(filters: Sequence[PointFilter]) -> list[int | float | bool]:
    """Return the values that the kernel takes for the filters' fields."""
    return [value for filter in filters for value in filter.arguments()]


@lru_cache(maxsize=256)
def point_source(filters: tuple[PointFilter, ...], image_channels: int) -> Source:
    """Return the filters' own sources, and after them the kernel that calls their functions for every pixel."""
    channels = stages(filters, image_channels)
    own = [_own_source(position, filter, channels[position]) for position, filter in enumerate(filters)]
    fields = [(kind, f"{name}_{position}") for position, filter in enumerate(filters) for kind, name in _fields(filter)]
    declared = "".join(f", {kind} {name}" for kind, name in fields)
    values = "".join(f", {name}" for _, name in fields)
    kernel = KERNEL.read_text("utf-8").replace("/* fields */", declared).replace("/* values */", values)
    kernel = kernel.replace("/* filters */", " ".join(_calls(filters, channels)))
    text = f'#undef CHANNELS\n{"".join(own)}{macro("CHANNELS", image_channels)}#line 1 "{KERNEL.name}"\n{kernel}'
    return Source("+".join(dict.fromkeys(filter.source().name for filter in filters)), text, contract=False)


def _calls(filters: Sequence[PointFilter], channels: Sequence[int]) -> list[str]:
    """Return the statements that take a colour through the filters."""
    calls = []
    for position, filter in enumerate(filters):
        names = "".join(f", {name}_{position}" for _, name in _fields(filter))
        calls.append(f"c = f{position}_{snake(filter.name)}(c{names});")
        calls.append(f"c = point_between(c, {color_channels(channels[position + 1])}, alpha);")
    return calls[:-1]


def _own_source(position: int, filter: PointFilter, channels: int) -> str:
    """Return a filter's source such that it can stand beside any other: names and macros of its own."""
    source = filter.source()
    _check(source, snake(filter.name), _fields(filter))
    names = declared(source.text)
    renamed = "".join(f"#define {name} f{position}_{name}\n" for name in names)
    macros = {**filter.constants(), "CHANNELS": channels}
    given = "".join(macro(name, value) for name, value in macros.items())
    gone = "".join(f"#undef {name}\n" for name in dict.fromkeys([*names, *macros, *_DEFINED.findall(source.text)]))
    return f'{renamed}{given}#line 1 "{source.name}"\n{source.text}\n{gone}'


def declared(text: str) -> list[str]:
    """Return the names that a source declares outside its functions: functions, tables, structures and types."""
    outline = _DIRECTIVE.sub("", _COMMENT.sub(" ", text))
    while (shorter := _INNERMOST.sub(lambda m: "<" if m[0][0] == "(" else "|", outline)) != outline:
        outline = shorter
    # What is left of each item is its head: in front of `<` for parameters, `|` for a body or values, `[` or `=`.
    items = re.split(r"[;|]", outline.replace("= |", "="))
    names = [re.search(r"(\w+)\s*(?:<|\[|=|$)", item.strip()) for item in items]
    return list(dict.fromkeys(name[1] for name in names if name and name[1] not in _NOT_NAMES))


def _fields(filter: PointFilter) -> list[tuple[str, str]]:
    """Return the fields that the function takes: their types in C, and their names."""
    passed: list[Parameter] = [parameter for parameter in filter.parameters() if not parameter.constant]
    return [(_C_TYPES[parameter.type], parameter.name) for parameter in passed]


def _check(source: Source, function: str, fields: list[tuple[str, str]]) -> None:
    """Hold the function's own argument list against the fields: names, types and order."""
    found = re.search(rf"__device__\s+(?:\w+\s+)*?color\s+{function}\s*\(([^)]*)\)", source.text)
    wanted = ", ".join(["color c", *(f"{kind} {name}" for kind, name in fields)])
    if found is None:
        raise FilterError(f"{source.name} has no function `__device__ color {function}({wanted})`")
    written = [tuple(part.replace("const ", "").split()) for part in found[1].split(",")]
    if written[1:] != fields or written[0][:1] != ("color",):
        raise FilterError(
            f"{source.name}: {function}({found[1]}) does not match the filter's fields; write {function}({wanted})"
        )
