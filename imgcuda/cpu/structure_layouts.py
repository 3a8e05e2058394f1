"""Lays out the structures that a program declares, as kernels on the CPU and on a GPU expect them."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from imgcuda.cpu.semantics import cxx_types as cxx
from imgcuda.cpu.values import types
from imgcuda.programs.source import C_TYPES, Program
from imgcuda.programs.structure_parts import StructurePart

if TYPE_CHECKING:
    from imgcuda.cpu.semantics.check import Checked
    from imgcuda.frontend.syntax import TranslationUnit


def layout(program: Program, name: str) -> StructurePart | None:
    """Return the layout of a structure; None if the program has none of that name, or one with parts of other kinds.

    Raises KernelError if the program cannot be read.
    """
    return _layout(program.text, program.name, name)


@lru_cache(maxsize=64)
def _layout(text: str, file_name: str, name: str) -> StructurePart | None:
    """Return the same for a program's text and name. It is kept for the launches that follow."""
    from imgcuda.cpu.compile import read_reached

    file, checked = read_reached(text, file_name, name, lambda found: found)
    found = checked.types.get(name)
    if not isinstance(found, cxx.Record):
        return None
    try:
        return _Layouts(file, checked).part(found, 0)
    except _NoLayout:
        return None


class _NoLayout(Exception):
    """Raised for a type whose size is not known here."""


class _Layouts:
    """The layouts of the structures of one file."""

    def __init__(self, file: TranslationUnit, checked: Checked) -> None:
        self._fields = checked.fields
        self._shapes = {each.name: (each.align, each.union) for each in file.structures}

    def part(self, type: cxx.Type, offset: int) -> StructurePart:
        """Return the layout of a type."""
        laid_out = self._type(type)
        size, alignment = types.size_of(laid_out), types.align_of(laid_out)
        if isinstance(type, cxx.Pointer):
            target = cxx.plain(type.target)
            return StructurePart(str(target), offset, size, alignment, _numbers(target), 1, True, type.target.const)
        if isinstance(type, cxx.Record) and isinstance(laid_out, types.Struct) and type.name not in types.VECTORS:
            inner = self._fields[type.name]
            fields = tuple((name, self.part(each, types.offset_of(laid_out, name))) for name, each in inner.items())
            return StructurePart(type.name, offset, size, alignment, fields=fields, union=laid_out.union)
        innermost = types.innermost(laid_out)
        many = len(innermost.fields) if isinstance(innermost, types.Struct) else 1
        return StructurePart(str(type), offset, size, alignment, _dtype(innermost), many * types.elements(laid_out))

    def _type(self, type: cxx.Type) -> types.Type:
        match type:
            case cxx.Pointer():
                return types.PointerTo(types.VOID)
            case cxx.Enum():
                return types.I32
            case cxx.Array(element, int(size)):
                return types.ArrayOf(self._type(element), size)
            case cxx.Record(name) if name in types.VECTORS:
                return types.VECTORS[name]
            case cxx.Record(name) if name in self._shapes:
                parts = tuple((each, self._type(part)) for each, part in self._fields[name].items())
                return types.Struct(name, parts, *self._shapes[name])
            case cxx.Basic(name) if name in types.BASIC:
                return types.BASIC[name]
        raise _NoLayout


def _numbers(target: cxx.Type) -> np.dtype[Any] | None:
    """Return the type of the numbers that a pointer leads to; None if it leads to a structure of the author's."""
    if isinstance(target, cxx.Record) and target.name in types.VECTORS:
        return _dtype(types.VECTORS[target.name])
    number = cxx.scalar(target)
    return None if number is None else np.dtype(C_TYPES[str(number)])


def _dtype(type: types.Type) -> np.dtype[Any] | None:
    """Return the type of the numbers in a number or vector; None for a structure with fields of other types."""
    number = type.fields[0][1] if isinstance(type, types.Struct) and type.name in types.VECTORS else type
    return np.dtype(C_TYPES[str(number)]) if isinstance(number, types.Int | types.Float) else None
