"""Loads and stores of numbers, structures and arrays; contiguous structures take one wide access and shuffles."""

from __future__ import annotations

from dataclasses import replace

from imgcuda.cpu.checks.instrument import COPY, READ
from imgcuda.cpu.lowering.state import State
from imgcuda.cpu.memory.accesses import access
from imgcuda.cpu.memory.addresses import first_lane, member, nth
from imgcuda.cpu.memory.private import load_private, store_private
from imgcuda.cpu.values.types import ArrayOf, Float, Int, PointerTo, Scalar, Struct, memory_ir, size_of
from imgcuda.cpu.values.value import AFFINE, VARYING, Address, Aggregate, Operand, Value

# ---- loads


def load(state: State, address: Address) -> Operand:
    """Load the object at an address for the active threads; an array decays to a pointer, as in C."""
    type = address.type.target
    return replace(address, type=PointerTo(type.element)) if isinstance(type, ArrayOf) else _load_whole(state, address)


def _load_whole(state: State, address: Address) -> Operand:
    type = address.type.target
    if isinstance(type, Struct):
        return _load_struct(state, address, type)
    if isinstance(type, ArrayOf):
        parts = range(type.size)
        return Aggregate(type, {str(each): _load_whole(state, nth(state, address, each)) for each in parts})
    if not isinstance(type, Int | Float):
        state.refuse(f"reading a {type} from memory", "keep an offset there instead, and add it to one pointer")
    return load_scalar(state, address, type)


def load_scalar(state: State, address: Address, type: Scalar) -> Value:
    """Load a number from global, shared, constant or private memory."""
    if address.private is not None:
        return load_private(state, address, type)
    if state.checks:
        address = state.checks.allowed(address, type, READ)
    found = access(state, address, type)
    return Value(type, found.kind, state.v.from_memory(found.read(), found.kind, type))


def _load_struct(state: State, address: Address, type: Struct) -> Operand:
    if (number := _interleaved(state, address, type)) is not None:
        return _load_interleaved(state, address, type, number)
    return Aggregate(type, {name: _load_field(state, member(state, address, name)) for name, _ in type.fields})


def _load_field(state: State, address: Address) -> Operand:
    """Load a field of a structure that is copied whole: a checked build lets it be uninitialized."""
    type = address.type.target
    if address.private is not None and isinstance(type, Int | Float):
        return load_private(state, address, type, COPY)
    return _load_whole(state, address)


def _load_interleaved(state: State, address: Address, type: Struct, element: Scalar) -> Aggregate:
    """Load contiguous structures: one wide load, and one shuffle for each field."""
    assert address.index is not None
    count, width = len(type.fields), state.v.width
    cell = memory_ir(element)
    wide = f"<{count * width} x {cell}>"
    made = state.b.op(f"load {wide}, ptr {first_lane(state, address, address.index.ir)}, align {size_of(element)}")
    fields: dict[str, Operand] = {}
    for position, (name, _) in enumerate(type.fields):
        picks = state.v.numbers([count * lane + position for lane in range(width)], "i32")
        lanes = state.b.op(f"shufflevector {wide} {made}, {wide} poison, {state.v.type('i32')} {picks}")
        fields[name] = Value(element, VARYING, state.v.from_memory(lanes, VARYING, element))
    return Aggregate(type, fields)


# ---- stores


def store(state: State, address: Address, value: Operand) -> None:
    """Store a value at an address, for the active threads."""
    if isinstance(value, Aggregate):
        _store_aggregate(state, address, value)
        return
    type = address.type.target
    if not isinstance(value, Value) or not isinstance(type, Int | Float):
        state.refuse(f"writing a {type} to memory", "keep an offset there instead, and add it to one pointer")
    value = state.math.convert(value, type)
    if address.private is not None:
        store_private(state, address, value)
        return
    state.written.add(address.memory)
    if state.checks:
        state.checks.write(address, value, type)
    else:
        access(state, address, type).write(value)


def _store_aggregate(state: State, address: Address, value: Aggregate) -> None:
    if isinstance(value.type, ArrayOf):
        for position, part in enumerate(value.fields.values()):
            store(state, nth(state, address, position), part)
    elif (number := _interleaved(state, address, value.type)) is not None:
        _store_interleaved(state, address, value, number)
    else:
        for name, part in value.fields.items():
            store(state, member(state, address, name), part)


def _store_interleaved(state: State, address: Address, value: Aggregate, element: Scalar) -> None:
    """Store contiguous structures: the fields are shuffled into one wide store."""
    assert address.index is not None
    state.written.add(address.memory)
    width, cell = state.v.width, memory_ir(element)
    parts = [state.v.to_memory(state.v.of(state.math.convert(field, element)), VARYING, element)
             for field in value.fields.values() if isinstance(field, Value)]  # fmt: skip
    count, size, joined = len(parts), width, parts[0]
    for part in parts[1:]:
        grown = f"<{size} x {cell}>"
        padded = part if size == width else _padded(state, part, cell, size)
        picks = ", ".join(f"i32 {lane}" for lane in range(size + width))
        joined = state.b.op(f"shufflevector {grown} {joined}, {grown} {padded}, <{size + width} x i32> <{picks}>")
        size += width
    wide = f"<{count * width} x {cell}>"
    order = ", ".join(f"i32 {field * width + lane}" for lane in range(width) for field in range(count))
    mixed = state.b.op(f"shufflevector {wide} {joined}, {wide} poison, <{count * width} x i32> <{order}>")
    state.b.do(f"store {wide} {mixed}, ptr {first_lane(state, address, address.index.ir)}, align {size_of(element)}")


def _padded(state: State, part: str, cell: str, size: int) -> str:
    """Return a vector with undefined lanes appended, `size` in all, as a shuffle takes two vectors of one length."""
    shape, width = state.v.type(cell), state.v.width
    picks = ", ".join(f"i32 {lane}" if lane < width else "i32 poison" for lane in range(size))
    return state.b.op(f"shufflevector {shape} {part}, {shape} poison, <{size} x i32> <{picks}>")


def _interleaved(state: State, address: Address, type: Struct) -> Scalar | None:
    """Return the type of the fields if all lanes access contiguous structures whose fields have one type."""
    if state.mask is not None or state.checks:
        return None
    kinds = {field for _, field in type.fields}
    index = address.index
    if address.private is not None or address.kind == VARYING or len(kinds) != 1 or index is None:
        return None
    if index.kind != AFFINE or index.stride * address.scale != size_of(type):
        return None
    number = kinds.pop()
    whole = isinstance(number, Int | Float) and size_of(type) == len(type.fields) * size_of(number)
    return number if whole else None  # type: ignore[return-value]
