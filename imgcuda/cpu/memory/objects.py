"""Loads and stores of numbers, structures and arrays; contiguous structures take one wide access and shuffles."""

from __future__ import annotations

from dataclasses import replace

from imgcuda.cpu.checks.instrument import COPY, READ
from imgcuda.cpu.lowering.state import State
from imgcuda.cpu.lowering.variables import scalar_leaves
from imgcuda.cpu.memory.accesses import access
from imgcuda.cpu.memory.addresses import member, nth
from imgcuda.cpu.memory.interleaved import interleaved, load_interleaved, store_interleaved
from imgcuda.cpu.memory.private import load_private, store_private
from imgcuda.cpu.values.types import ArrayOf, Float, Int, PointerTo, Scalar, Struct, size_of
from imgcuda.cpu.values.value import NULL, Address, Aggregate, Operand, Value

LOADS = ("__ldg", "__ldca", "__ldcg", "__ldcs", "__ldcv", "__ldlu")
"""CUDA's functions that load the element that a pointer points to, each through another cache."""

TEXTURE = "texture"
"""The space of textures, which are always read within their bounds."""

# ---- loads


def load(state: State, address: Address) -> Operand:
    """Load the object at an address for the active threads; an array decays to a pointer, as in C."""
    type = address.type.target
    return replace(address, type=PointerTo(type.element)) if isinstance(type, ArrayOf) else load_whole(state, address)


def load_whole(state: State, address: Address) -> Operand:
    """Load the object at an address; an array does not decay, as in a structure that is copied."""
    type = address.type.target
    if isinstance(type, Struct):
        return _load_struct(state, address, type)
    if isinstance(type, ArrayOf):
        parts = range(type.size)
        return Aggregate(type, {str(each): load_whole(state, nth(state, address, each)) for each in parts})
    if isinstance(type, PointerTo) and address.memory.name in state.pointers and address.index is None:
        _, _, memory = state.pointers[address.memory.name]
        return Address(type, state.b.op(f"load ptr, ptr {address.base}"), address.kind, memory)
    if not isinstance(type, Int | Float):
        remedy = "keep an offset there instead, and add it to one pointer"
        if address.memory.space == "constant":
            remedy = "give the kernel the pointer as an argument of its own"
        state.refuse(f"reading a {type} from memory", remedy)
    return load_scalar(state, address, type)


def load_scalar(state: State, address: Address, type: Scalar) -> Value:
    """Load a number from global, shared, constant or private memory."""
    if address.private is not None:
        return load_private(state, address, type)
    _refuse_null(state, address)
    if state.checks and address.memory.space != TEXTURE:
        address = state.checks.allowed(address, type, READ)
    found = access(state, address, type)
    return Value(type, found.kind, state.v.from_memory(found.read(), found.kind, type))


def _refuse_null(state: State, address: Address) -> None:
    """Refuse an access to a pointer that is known to be null, which would end the process, where code may get to it."""
    if address.base == NULL and not state.b.dead:
        state.refuse("what a null pointer points to is used here", "give the pointer a value before")


def _load_struct(state: State, address: Address, type: Struct) -> Operand:
    if (number := interleaved(state, address, type)) is not None:
        return load_interleaved(state, address, type, number)
    return Aggregate(type, {name: _load_field(state, member(state, address, name)) for name, _ in type.fields})


def _load_field(state: State, address: Address) -> Operand:
    """Load a field of a structure that is copied whole: a checked build lets it be uninitialized."""
    type = address.type.target
    if address.private is not None and isinstance(type, Int | Float):
        return load_private(state, address, type, COPY)
    return load_whole(state, address)


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
    _refuse_null(state, address)
    state.written.add(address.memory)
    if state.checks:
        state.checks.write(address, value, type)
    else:
        access(state, address, type).write(value)


def _store_aggregate(state: State, address: Address, value: Aggregate) -> None:
    if isinstance(value.type, ArrayOf):
        for position, part in enumerate(value.fields.values()):
            store(state, nth(state, address, position), part)
    elif (number := interleaved(state, address, value.type)) is not None:
        store_interleaved(state, address, value, number)
    else:
        names = (_widest(value.type),) if value.type.union else value.fields
        for name in names:
            store(state, member(state, address, name), value.fields[name])


def _widest(type: Struct) -> str:
    """Return the field of a union that covers most of its bytes."""
    return max(type.fields, key=lambda each: (size_of(each[1]), -len(scalar_leaves(each[1]))))[0]
