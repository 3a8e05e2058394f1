"""Address arithmetic: moving pointers, addressing elements and fields, and the address of each lane."""

from __future__ import annotations

from dataclasses import replace

from imgcuda.cpu.lowering.state import State
from imgcuda.cpu.values.types import I32, I64, PointerTo, Struct, Type, elements, offset_of, size_of
from imgcuda.cpu.values.value import VARYING, Address, Value, constant

PAGE = 4096
"""The bytes of a page of memory, or a part of one. What begins in a page that can be read can be read to its end."""


def move(state: State, address: Address, index: Value) -> Address:
    """Return a pointer moved by `index` elements of its target type."""
    return advance(state, address, index, step_of(address, address.type.target))


def step_of(address: Address, type: Type) -> int:
    """Return the distance between two neighboring elements: in bytes, or in elements of private memory."""
    return size_of(type) if address.private is None else elements(type)


def advance(state: State, address: Address, index: Value, step: int) -> Address:
    """Return an address moved by `index` times `step`."""
    if index.const == 0:
        return address
    if address.private is None and address.kind != VARYING and index.scalar:
        wide = state.math.widened(index)
        base = state.b.op(f"getelementptr {_cell(step)}, ptr {address.base}, i64 {_scaled(state, wide.ir, step)}")
        return replace(address, base=base, kind=max(address.kind, index.kind))
    if address.index is None:
        return replace(address, index=index, scale=step)
    left, right = state.math.widened(address.index), state.math.widened(index)
    if address.scale == step:
        return replace(address, index=state.math.binary("+", left, right))
    moved = state.math.binary("*", right, constant(step, I64))
    return replace(address, index=state.math.binary("+", state.math.offset(address), moved), scale=1)


def member(state: State, address: Address, name: str) -> Address:
    """Return the address of a structure's field."""
    struct = address.type.target
    assert isinstance(struct, Struct)
    type = dict(struct.fields)[name]
    if address.private is not None:
        moved = replace(address, type=PointerTo(type), path=(*address.path, name))
        inner = elements(type)  # a field that is an array takes all of its elements in each structure
        if inner == 1 or address.index is None:
            return moved
        return replace(moved, index=state.math.binary("*", state.math.offset(address), constant(inner, I64)), scale=1)
    shape = "ptr" if address.kind != VARYING else state.v.type("ptr")
    base = state.b.op(f"getelementptr i8, {shape} {address.base}, i64 {offset_of(struct, name)}")
    memory = address.memory
    if isinstance(type, PointerTo | Struct) and memory.space == "constant":  # a pointer's memory is known by its name
        memory = replace(memory, name=f"{memory.name}.{name}")
    return replace(address, type=PointerTo(type), base=base, memory=memory)


def nth(state: State, address: Address, position: int) -> Address:
    """Return the address of an element of the array that an address points to."""
    array = address.type.target
    return move(state, replace(address, type=PointerTo(array.element)), constant(position))  # type: ignore[union-attr]


def first_lane(state: State, address: Address, index: str) -> str:
    """Return the address of the first lane; `index` is the index of that lane."""
    assert address.index is not None
    wide = state.math.widened(replace(address.index, ir=index)).ir
    step = _scaled(state, wide, address.scale)
    return state.b.op(f"getelementptr {_cell(address.scale)}, ptr {address.base}, i64 {step}")


def lane_addresses(state: State, address: Address) -> str:
    """Return the address of each lane, as a vector of pointers."""
    bases = "ptr" if address.kind != VARYING else state.v.type("ptr")
    if address.index is None:
        return address.base if address.kind == VARYING else state.v.splat(address.base, "ptr")
    index, scale = address.index, address.scale
    if index.type != I32 or scale not in (1, 2, 4, 8):
        index = state.math.widened(index)
    lanes = state.v.of(index)
    if scale not in (1, 2, 4, 8):
        lanes = state.b.op(f"mul {state.v.type('i64')} {lanes}, {state.v.splat(str(scale), 'i64')}")
    return state.b.op(f"getelementptr {_cell(scale)}, {bases} {address.base}, {state.v.type(index.type)} {lanes}")


def _cell(scale: int) -> str:
    """Return the LLVM type that scales an index: gather instructions multiply it by 1, 2, 4 or 8."""
    return f"i{8 * scale}" if scale in (1, 2, 4, 8) else "i8"


def _scaled(state: State, ir: str, scale: int) -> str:
    return ir if scale in (1, 2, 4, 8) else state.b.op(f"mul nsw i64 {ir}, {scale}")
