"""Structures that a launch is given as a mapping of their fields, among them arrays for its pointers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from imgcuda.cpu.device import structure_layout
from imgcuda.engine.protocol import ByValue, DeviceArray
from imgcuda.errors import KernelError, LaunchError, meant_or_known, shown
from imgcuda.kernels.exact_numbers import exactly
from imgcuda.programs.source import KernelArgument, Program
from imgcuda.programs.structure_parts import StructurePart

PointedTo = Callable[[KernelArgument, Any], DeviceArray]
"""Returns the array that is given for a pointer; takes the pointer as an argument, and what was given."""


def structure_of(
    place: str, program: Program, argument: KernelArgument, given: Mapping[str, Any], pointed_to: PointedTo
) -> ByValue:
    """Return a structure as an argument, laid out as its declaration in the program says.

    LaunchError if the fields are others, or do not fit, or if the CPU engine cannot read the program.
    `place` begins the messages.
    """
    remedy = "pass a NumPy scalar of its fields"
    try:
        layout = structure_layout(program, argument.written)
    except KernelError as error:
        raise LaunchError(f"{place}, which is not read ({str(error).splitlines()[0]}); {remedy}") from error
    if layout is None:
        raise LaunchError(f"{place}, whose fields are not known here; it was given {shown(given)}; {remedy}")
    made = _Filler(layout.size, pointed_to)
    made.fill_fields(place, layout, 0, given)
    return ByValue(made.bytes, layout.alignment, tuple(made.arrays))


class _Filler:
    """Puts values into the bytes of a structure."""

    def __init__(self, size: int, pointed_to: PointedTo) -> None:
        self.bytes = np.zeros(size, np.uint8)
        self.arrays: list[tuple[int, DeviceArray]] = []
        """The arrays for pointers, and the offsets of these."""
        self._pointed_to = pointed_to

    def fill_fields(self, place: str, part: StructurePart, start: int, given: Mapping[str, Any]) -> None:
        """Put the values of a structure's fields in; of a union one is enough."""
        fields = dict(part.fields)
        for name in given:
            if name not in fields:
                raise LaunchError(f"{place}, which has no field '{name}'{meant_or_known(name, list(fields))}")
        if missing := [name for name in fields if name not in given and not part.union]:
            raise LaunchError(f"{place}; it was given no value for its field '{missing[0]}'")
        for name, value in given.items():
            inner = fields[name]
            self._fill(f"{place}, field '{name}'", name, inner, start + inner.offset, value)

    def _fill(self, place: str, name: str, part: StructurePart, start: int, given: Any) -> None:
        if part.pointer:
            field = KernelArgument(name, part.dtype, True, f"{part.type} *", part.const)
            self.arrays.append((start, _of_type(place, field, self._pointed_to(field, given))))
        elif part.fields and isinstance(given, Mapping):
            self.fill_fields(f"{place} is {part.type}", part, start, given)
        else:
            made = _bytes(f"{place} is {part.type}; it was given {shown(given)}", part, given)
            self.bytes[start : start + len(made)] = made


def _bytes(wanted: str, part: StructurePart, given: Any) -> Any:
    """Return the bytes of numbers, or of a NumPy scalar of a structure. `wanted` begins the messages."""
    if isinstance(given, np.void) and given.nbytes == part.size:
        return np.frombuffer(given.tobytes(), np.uint8)
    if part.dtype is None:
        raise LaunchError(f"{wanted}; pass a dict of its fields")
    try:
        numbers = exactly(np.array(given), part.dtype)
    except (TypeError, ValueError, OverflowError) as error:
        raise LaunchError(f"{wanted}, which it cannot hold") from error
    if numbers.size != part.numbers:
        raise LaunchError(f"{wanted}; pass {part.numbers} number{'s' * (part.numbers != 1)}")
    return np.frombuffer(numbers.tobytes(), np.uint8)


def _of_type(place: str, field: KernelArgument, array: DeviceArray) -> DeviceArray:
    """Return the array for a pointer; LaunchError if its numbers are of another type."""
    if field.dtype is not None and array.pointer and array.dtype != field.dtype:
        given = f"it was given an array of {array.dtype}; pass one of {field.dtype}"
        raise LaunchError(f"{place} is {field.written}; {given}")
    return array
