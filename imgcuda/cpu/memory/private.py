"""Private memory of each thread: arrays and variables, each element stored as a vector of all lanes."""

from __future__ import annotations

from imgcuda.cpu.checks.instrument import READ, WRITE
from imgcuda.cpu.lowering.state import State
from imgcuda.cpu.values.conversions import suffix
from imgcuda.cpu.values.types import I64, Scalar, memory_ir
from imgcuda.cpu.values.value import VARYING, Address, Value, constant


def load_private(state: State, address: Address, type: Scalar, op: int = READ) -> Value:
    """Return the private elements at an address, one for each thread."""
    lanes = state.v.type(memory_ir(type))
    index = state.math.offset(address)
    if state.checks:
        index = state.checks.own(address, index, type, op)
    if index.scalar:
        made = state.b.op(f"load {lanes}, ptr {_vector(state, address, index, type)}")
    else:
        width = state.v.width
        pointers = _lanes(state, address, index, type)
        arguments = [(f"<{width} x ptr>", pointers), _mask(state), (lanes, "zeroinitializer")]
        made = state.b.call(f"llvm.masked.gather.{suffix(lanes)}.v{width}p0", lanes, arguments)
    return Value(type, VARYING, state.v.from_memory(made, VARYING, type))


def store_private(state: State, address: Address, value: Value) -> None:
    """Store private elements at an address, for the active threads."""
    type, lanes = value.type, state.v.type(memory_ir(value.type))
    made = state.v.to_memory(state.v.of(value), VARYING, type)
    index = state.math.offset(address)
    if state.checks:
        index = state.checks.own(address, index, type, WRITE)
    if not index.scalar:
        width = state.v.width
        arguments = [(lanes, made), (f"<{width} x ptr>", _lanes(state, address, index, type)), _mask(state)]
        state.b.call(f"llvm.masked.scatter.{suffix(lanes)}.v{width}p0", "void", arguments)
        return
    place = _vector(state, address, index, type)
    assert address.private is not None
    if state.mask is not None and state.divergence(address.private.control) == VARYING:
        old = state.b.op(f"load {lanes}, ptr {place}")
        made = state.v.select(state.mask, made, old, memory_ir(type))
    state.b.do(f"store {lanes} {made}, ptr {place}")


def _mask(state: State) -> tuple[str, str]:
    return state.v.type("i1"), state.mask or "splat (i1 true)"


def _vector(state: State, address: Address, index: Value, type: Scalar) -> str:
    """Return the address of an element's vector, for a uniform index."""
    assert address.private is not None
    slot = address.private.slot(state, address.path)
    return state.b.op(f"getelementptr {state.v.type(memory_ir(type))}, ptr {slot}, i64 {index.ir}")


def _lanes(state: State, address: Address, index: Value, type: Scalar) -> str:
    """Return the address of each lane's element: lane i of element e is at e * width + i."""
    assert address.private is not None
    rows = state.math.binary("*", index, constant(state.v.width, I64))
    lanes = state.v.numbers(list(range(state.v.width)), "i64")
    flat = state.b.op(f"add {state.v.type('i64')} {state.v.of(rows)}, {lanes}")
    slot = address.private.slot(state, address.path)
    return state.b.op(f"getelementptr {memory_ir(type)}, ptr {slot}, {state.v.type('i64')} {flat}")
