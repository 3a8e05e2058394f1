"""Declarations at file scope: constants, constant tables, shared memory and `__device__` variables."""

from __future__ import annotations

import struct
import sys

from imgcuda.cpu import budget
from imgcuda.cpu.budget import kilobytes
from imgcuda.cpu.checks.instrument import known
from imgcuda.cpu.lowering.declarations import parts_of, shared
from imgcuda.cpu.lowering.dispatch import evaluate
from imgcuda.cpu.lowering.initializers import ElementPath, sized
from imgcuda.cpu.lowering.lvalues import convert
from imgcuda.cpu.lowering.names import declare_type, has_defaults, resolve_type
from imgcuda.cpu.lowering.state import State
from imgcuda.cpu.lowering.variables import Reference
from imgcuda.cpu.memory.lookups import start_of_table
from imgcuda.cpu.values.types import (
    ArrayOf,
    Float,
    Int,
    PointerTo,
    Scalar,
    Struct,
    Type,
    elements,
    has_pointer,
    innermost,
    memory_ir,
    offset_of,
    size_of,
)
from imgcuda.cpu.values.value import BLOCK, BROKEN, Address, MemoryRegion, Value, constant
from imgcuda.frontend import syntax


def declare_file(state: State, file: syntax.TranslationUnit) -> None:
    """Bind the declarations at file scope, in the order of the source."""
    declared: list[syntax.Declaration | syntax.Structure | syntax.Typedef | syntax.Enumeration] = []
    declared += [*file.structures, *file.typedefs, *file.enumerations, *file.globals]
    declared.sort(key=syntax.order)
    for item in declared:
        with state.collecting():
            if isinstance(item, syntax.Declaration):
                _bind_global(state, item)
            else:
                declare_type(state, item)
        if isinstance(item, syntax.Declaration) and item.name not in state.scopes[0]:
            state.bind(item.name, BROKEN)  # its mistake is reported once


def _bind_global(state: State, node: syntax.Declaration) -> None:
    """Bind the name of a variable at file scope."""
    with state.at(node.place):
        type = sized(resolve_type(state, node.type), node.value)
        if node.space == "shared":
            shared(state, node, type)
        elif node.space == "device":
            state.bind(node.name, _device_variable(state, node, type))
        else:
            state.bind(node.name, _constant(state, node, type))


def _constant(state: State, node: syntax.Declaration, type: Type) -> Value | Reference:
    """Return a constant: a compile-time number, or a table in the data section."""
    if node.value is None:
        return _set_at_launch(state, node, type)
    if isinstance(type, Int | Float) and not isinstance(node.value, syntax.Initializer):
        return _number(state, node.value, type)
    if not isinstance(node.value, syntax.Initializer):
        state.fail(f"the table '{node.name}' needs its values in braces")
    _check_size(state, node, type)
    state.b.globals[node.name] = f"@{node.name} = internal constant {_data(state, node, type, node.value)}, align 64"
    region = MemoryRegion(node.name, "constant", table=start_of_table(type, f"@{node.name}"))
    memory = known(state, region, type, size_of(type), base=f"@{node.name}")
    return Reference(Address(PointerTo(type), f"@{node.name}", BLOCK, memory))


def _set_at_launch(state: State, node: syntax.Declaration, type: Type) -> Reference:
    """Return a constant without first values: the entry point is given the address of the launch's values."""
    _check_size(state, node, type)
    place = f"%c_{node.name}"
    state.constants[node.name] = place, size_of(type)
    memory = known(state, MemoryRegion(node.name, "constant"), type, size_of(type), base=place)
    return Reference(Address(PointerTo(type), place, BLOCK, memory))


def _device_variable(state: State, node: syntax.Declaration, type: Type) -> Reference:
    """Return a variable that kernels may change: the entry point is given the address of its memory."""
    if has_pointer(type):
        remedy = "pass the pointer as an argument, or keep an offset there instead"
        state.refuse(
            f"the __device__ variable '{node.name}' holds a pointer, which memory cannot on the CPU engine", remedy
        )
    first = b""
    if node.value is not None or has_defaults(state, type):
        first = _first_bytes(_cells(state, node, type, _in_braces(node)))
    place, size = f"%v_{node.name}", size_of(type)
    argument = len(state.calls[-1].function.parameters) + len(state.constants) + len(state.variables)
    state.variables[node.name] = place, size, first
    memory = known(state, MemoryRegion(node.name, "global"), type, argument=argument)
    return Reference(Address(PointerTo(type), place, BLOCK, memory))


def _in_braces(node: syntax.Declaration) -> syntax.Initializer:
    if isinstance(node.value, syntax.Initializer):
        return node.value
    return syntax.Initializer((node.value,) if node.value is not None else (), node.place)


def _first_bytes(cells: list[tuple[int, Scalar, Value]]) -> bytes:
    """Return the first values of a variable as they lie in memory, without the zeros at the end."""
    made = bytearray()
    for offset, type, value in cells:
        made += bytes(offset - len(made))
        number = value.const
        if isinstance(type, Float):
            made += struct.pack("=f" if type.bits == 32 else "=d", number)
        else:
            made += int(number or 0).to_bytes(size_of(type), sys.byteorder, signed=type.signed)
    return bytes(made).rstrip(b"\0")


def _check_size(state: State, node: syntax.Declaration, type: Type) -> None:
    if size_of(type) > budget.CONSTANT:
        message = (
            f"the table '{node.name}' takes {kilobytes(size_of(type))}; a GPU has {kilobytes(budget.CONSTANT)} for all"
        )
        state.fail(message, "pass it as an argument: an array's field of the filter")


def _data(state: State, node: syntax.Declaration, type: Type, values: syntax.Initializer) -> str:
    """Return the contents of a table in LLVM IR, with the padding of structures."""
    cells = _cells(state, node, type, values)
    element = innermost(type)
    if isinstance(element, Int | Float):
        cell = memory_ir(element)
        return f"[{elements(type)} x {cell}] [{', '.join(f'{cell} {value.ir}' for _, _, value in cells)}]"
    return _packed(cells, size_of(type))


def _cells(
    state: State, node: syntax.Declaration, type: Type, values: syntax.Initializer
) -> list[tuple[int, Scalar, Value]]:
    """Return the numbers of a variable in order: the offset of each in bytes, its type and its value."""
    cells: list[tuple[int, Scalar, Value]] = []
    for steps, part, value in parts_of(state, type, values, node.name):
        if not isinstance(part, Int | Float):
            state.refuse(f"a {part} in a table", "write out its values in braces", node.place)
        number = constant(0, part) if value is None else _number(state, value, part)
        cells.append((_offset(type, steps), part, number))
    return cells


def _packed(cells: list[tuple[int, Scalar, Value]], size: int) -> str:
    kinds, parts, end = [], [], 0
    for offset, type, value in cells:
        if offset > end:
            kinds.append(f"[{offset - end} x i8]")
            parts.append(f"[{offset - end} x i8] zeroinitializer")
        kinds.append(memory_ir(type))
        parts.append(f"{memory_ir(type)} {value.ir}")
        end = offset + size_of(type)
    kinds.append(f"[{size - end} x i8]")
    parts.append(f"[{size - end} x i8] zeroinitializer")
    return f"<{{ {', '.join(kinds)} }}> <{{ {', '.join(parts)} }}>"


def _offset(type: Type, steps: ElementPath) -> int:
    """Return the offset of an element or field in a type, in bytes."""
    offset = 0
    for step in steps:
        if isinstance(step, str):
            assert isinstance(type, Struct)
            offset, type = offset + offset_of(type, step), dict(type.fields)[step]
        else:
            assert isinstance(type, ArrayOf)
            offset, type = offset + step * size_of(type.element), type.element
    return offset


def _number(state: State, node: syntax.Expression, type: Scalar) -> Value:
    with state.at(node.place):
        value = convert(state, evaluate(state, node), type)
    if not isinstance(value, Value) or value.const is None:
        state.fail("a constant's value must be known when the kernel is compiled", place=node.place)
    return value
