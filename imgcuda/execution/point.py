"""Per-pixel filters: generates the kernel around their `__device__` functions from color to color.

A run of them is fused into one kernel, which reads and writes each pixel once. Between two filters it rounds to the
pixel type, so the result is the same as one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from imgcuda.errors import FilterError, KernelError, renamed
from imgcuda.filters import Argument, Filter, PointFilter, snake
from imgcuda.frontend.compilers import Macros
from imgcuda.frontend.outline import FunctionHead
from imgcuda.pixels import color_channels, has_alpha
from imgcuda.programs.layout import Layout
from imgcuda.programs.prelude import PRELUDE
from imgcuda.programs.source import Program, Source, macro, specialize


@cache
def layout(pixel: np.dtype[Any]) -> Layout:
    """Return the layout of point kernels: a thread computes 16 bytes per channel, the widest load of a GPU."""
    return Layout(over="image", block=(64, 1), pack=16 // pixel.itemsize)


KERNEL = Path(__file__).with_name("point.cuh")
_GIVEN = "imgcuda"
"""The file name that `#line` gives to the macros before the prelude, to tell them from the author's own."""
_C_TYPES: dict[type, str] = {float: "float", int: "int", bool: "bool"}
_POINTERS: dict[np.dtype[Any], str] = {
    np.dtype(np.float32): "const float *",
    np.dtype(np.int32): "const int *",
    np.dtype(np.uint32): "const unsigned int *",
    np.dtype(np.uint16): "const unsigned short *",
    np.dtype(np.uint8): "const unsigned char *",
}


class PixelFunction(NamedTuple):
    """A filter's function, with all that the generated kernel depends on; the values of arguments do not matter."""

    name: str
    source: Source
    constants: tuple[tuple[str, int | float], ...]
    fields: tuple[tuple[str, str], ...]
    """The C types and the names of its arguments after the color."""
    channels: int
    """The channels of its input, alpha included."""
    result_channels: int
    names: tuple[str, ...]
    """The names that its source declares outside functions."""
    macros: tuple[str, ...]
    """The macros that its source defines."""
    result_alpha: bool | None = None
    """Whether its result has alpha, as its filter declares it; None if alpha stays as it is."""

    @property
    def sees_place(self) -> bool:
        """Whether it takes the position of the pixel."""
        return self.fields[:1] == (PLACE,)


PLACE = ("place", "at")
_NEW_ALPHA = {None: "", False: " alpha = 1.0f;", True: " alpha = pixel_to_unit(unit_to_pixel(c.a));"}
"""What follows the call of a function, by its `result_alpha`: the alpha that the next function gets."""


def result_channels(filter: Filter, image_channels: int) -> int:
    """Return the channels of a filter's result: its colors, and alpha if the image has it, or as the filter says."""
    alpha = has_alpha(image_channels) if filter.result_alpha is None else filter.result_alpha
    return (filter.channels or color_channels(image_channels)) + alpha


def stages(filters: Sequence[Filter], image_channels: int) -> list[int]:
    """Return the channels of the image before each filter, and after the last."""
    channels = [image_channels]
    for filter in filters:
        channels.append(result_channels(filter, channels[-1]))
    return channels


def functions(
    filters: Sequence[PointFilter], image_channels: int, pixel: np.dtype[Any], compiler: Macros
) -> tuple[tuple[PixelFunction, ...], list[Argument]]:
    """Return the functions of a run of filters, for the fused kernel, and the values of its arguments."""
    channels = stages(filters, image_channels)
    made: list[PixelFunction] = []
    values: list[Argument] = []
    for position, filter in enumerate(filters):
        given, constants = filter.arguments(), tuple(filter.constants().items())
        fields = tuple((_c_type(filter, each, value), each) for each, value in given.items())
        ends = channels[position], channels[position + 1]
        program = _program_of(filter.source(), pixel, ends[0], constants, compiler)
        name, alpha = snake(filter.name), filter.result_alpha
        made.append(_function(name, filter.source(), program, constants, fields, ends, alpha))
        values += given.values()
    return tuple(made), values


@lru_cache(maxsize=256)
def _program_of(
    source: Source, pixel: np.dtype[Any], channels: int, constants: tuple[tuple[str, float], ...], compiler: Macros
) -> Program:
    """Return a filter's source as a program of its own, to read its declarations."""
    program = specialize(source, pixel, channels, dict(constants), compiler)
    return replace(program, text=f'#line 1 "{_GIVEN}"\n{program.text}')


@lru_cache(maxsize=256)
def _function(
    name: str,
    source: Source,
    program: Program,
    constants: tuple[tuple[str, float], ...],
    fields: tuple[tuple[str, str], ...],
    ends: tuple[int, int],
    alpha: bool | None,
) -> PixelFunction:
    """Return a filter's function, its argument list checked; `ends` are the channels of its input and its result."""
    outline = program.outline
    macros, defined = _names_of_author(outline.macros), dict(outline.macros)
    names = tuple(each for each in _names_of_author(outline.names) if each in macros or each not in defined)
    checked = _checked_arguments(program, name, fields)
    return PixelFunction(name, source, constants, checked, *ends, names, macros, alpha)


def _names_of_author(found: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """Return the names that the author's text declares, without those of the prelude and the core."""
    return tuple(name for name, file in found if file not in (_GIVEN, PRELUDE))


@lru_cache(maxsize=256)
def point_source(functions: tuple[PixelFunction, ...]) -> Source:
    """Return the source of the fused kernel: the functions' own sources, then the kernel that calls them in order."""
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
        "NEW_ALPHA": any(function.result_alpha is not None for function in functions),
    }
    macros = "".join(macro(name, value) for name, value in sizes.items())
    text = f'#undef CHANNELS\n{"".join(own)}{macros}#line 1 "{KERNEL.name}"\n{kernel}'
    return Source("+".join(dict.fromkeys(function.source.name for function in functions)), text, contract=False)


def _calls(functions: Sequence[PixelFunction]) -> list[str]:
    """Return the statements that call the functions one after the other."""
    calls = []
    for position, function in enumerate(functions):
        names = "".join(f", {_argument_text(field, position)}" for field in function.fields)
        calls.append(f"c = {renamed(function.name, position)}(c{names});{_NEW_ALPHA[function.result_alpha]}")
        gray = "_gray" if color_channels(function.result_channels) == 1 else ""
        calls.append(f"c = point_between{gray}(c, alpha);")
    return calls[:-1]


def _argument_text(field: tuple[str, str], position: int) -> str:
    return "at" if field == PLACE else f"{field[1]}_{position}"


def _own_source(position: int, function: PixelFunction) -> str:
    """Return a function's source with its names and macros made unique, so that it cannot clash with another's."""
    text, name = function.source.text, function.source.name
    defines = "".join(f"#define {each} {renamed(each, position)}\n" for each in function.names)
    macros = {**dict(function.constants), "CHANNELS": function.channels}
    given = "".join(macro(name, value) for name, value in macros.items())
    gone = "".join(f"#undef {name}\n" for name in dict.fromkeys([*function.names, *macros, *function.macros]))
    return f'{defines}{given}#line 1 "{name}"\n{text}\n{gone}'


def _c_type(filter: PointFilter, name: str, value: Argument) -> str:
    """Return the C type of an argument: that of a number, or a pointer to const for an array."""
    if isinstance(value, np.ndarray):
        if value.dtype not in _POINTERS:
            types = ", ".join(dtype.name for dtype in _POINTERS)
            raise FilterError(f"{filter.name}: the table '{name}' must be one of {types}; it is {value.dtype}")
        return _POINTERS[value.dtype]
    return _C_TYPES[type(value)]


def _checked_arguments(
    program: Program, function: str, fields: tuple[tuple[str, str], ...]
) -> tuple[tuple[str, str], ...]:
    """Check the function's argument list against the filter's fields: names, types and order.

    Return its arguments after the color, with the place in front if it takes that.
    """
    wanted = ", ".join(["color c", *(f"{kind} {name}" for kind, name in fields)])
    head = _find_head(program, function)
    if head is None:
        raise FilterError(f"{program.name} has no function `__device__ color {function}({wanted})`")
    (first, _), *own = [(each.written, each.name) for each in head.arguments] or [("", "")]
    place = (PLACE,) if own[:1] == [PLACE] else ()
    if first != "color" or tuple(own[len(place) :]) != tuple((_without_const(kind), name) for kind, name in fields):
        written = ", ".join(f"{each.written} {each.name}".strip() for each in head.arguments)
        raise FilterError(
            f"{program.name}: {function}({written}) does not match the filter's fields; write {function}({wanted})"
        )
    return (*place, *fields)


def _find_head(program: Program, function: str) -> FunctionHead | None:
    """Return the head of a function that returns a color; None if there is none, KernelError if it cannot be read."""
    outline = program.outline
    for head in outline.functions:
        if (head.name, head.result) == (function, "color") and "__device__" in head.words:
            if head.fault:
                raise KernelError(program.mistake(head.fault))
            return head
    if outline.faults:
        raise KernelError([program.mistake(fault) for fault in outline.faults])
    return None


def _without_const(kind: str) -> str:
    return kind.removeprefix("const ")
