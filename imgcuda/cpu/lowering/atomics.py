"""Atomic operations: lane by lane, in order; plain ones where no other thread of the processor can see the memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from imgcuda.cpu.checks.instrument import ATOMIC
from imgcuda.cpu.lowering.dispatch import evaluate
from imgcuda.cpu.lowering.lanes import for_each_byte, for_each_lane, lanes_of, numbers_of_lanes
from imgcuda.cpu.lowering.lvalues import pointer
from imgcuda.cpu.lowering.operands import number
from imgcuda.cpu.lowering.state import State
from imgcuda.cpu.memory.addresses import first_lane, lane_addresses
from imgcuda.cpu.values.types import BOOL, I32, I64, U32, U64, Float, Int, Scalar
from imgcuda.cpu.values.value import UNIFORM, VARYING, Address, Operand, Value
from imgcuda.frontend import syntax

_WHOLE = (I32, U32, I64, U64)
ATOMICS: dict[str, tuple[str, tuple[Scalar, ...]]] = {
    "atomicAdd": ("add", (I32, U32, U64, Float(32), Float(64))),
    "atomicSub": ("sub", (I32, U32)),
    "atomicMin": ("min", _WHOLE),
    "atomicMax": ("max", _WHOLE),
    "atomicAnd": ("and", _WHOLE),
    "atomicOr": ("or", _WHOLE),
    "atomicXor": ("xor", _WHOLE),
    "atomicExch": ("xchg", (I32, U32, U64, Float(32))),
    "atomicInc": ("uinc_wrap", (U32,)),
    "atomicDec": ("udec_wrap", (U32,)),
    "atomicCAS": ("cas", (I32, U32, U64)),
}
"""The atomic functions of CUDA: LLVM's name of the operation, and the types that it takes."""
ATOMICS |= {f"{name}_{scope}": meaning for name, meaning in ATOMICS.items() for scope in ("block", "system")}
_UNROLLED = 8
"""Lanes to a round of the loop over all of them."""
_OF_FUNCTIONS = {"min": "smin", "max": "smax", "umin": "umin", "umax": "umax"}
"""The operations that LLVM has as functions, and their names."""


def atomic(state: State, node: syntax.Call) -> Operand:
    """Compile an atomic operation for the active threads, and return the old values."""
    address = pointer(state, evaluate(state, node.arguments[0]))
    type, (_, types) = address.type.target, ATOMICS[node.name]
    alone = address.memory.space == "shared" or node.name.endswith("_block")
    if not isinstance(type, Int | Float) or type not in types:
        state.fail(f"{node.name}() cannot be used on a {type}", f"it is for {', '.join(map(str, types))}")
    if address.private is not None:
        state.fail(f"{node.name}() on a thread's own variable, which no other thread can see", "use a plain assignment")
    state.written.add(address.memory)
    values = [state.math.convert(number(state, argument), type) for argument in node.arguments[1:]]
    return _each_lane(state, address, type, values, llvm_operation(node.name, type), alone)


def llvm_operation(name: str, type: Int | Float) -> str:
    """Return LLVM's name of an atomic function's operation on numbers of a type."""
    operation, _ = ATOMICS[name]
    if isinstance(type, Float) and operation == "add":
        return "fadd"
    return "u" + operation if isinstance(type, Int) and not type.signed and operation in ("min", "max") else operation


def _each_lane(state: State, address: Address, type: Scalar, values: list[Value], operation: str, alone: bool) -> Value:
    """Compile an operation lane by lane, and return the old value that each lane found.

    What the lanes have is put into memory and read from there one by one: to take it out of a register costs more.
    """
    if state.checks:
        address = state.checks.allowed(address, type, ATOMIC)
    b, shape = state.b, state.v.type(type)
    place_of, bytes = _places(state, address), _bytes_of(state, address)
    numbers_of = [numbers_of_lanes(state, value) for value in values]
    found = b.slot(shape)

    def operate(lane: str, place: str, alone: bool) -> None:
        numbers = [number(lane) for number in numbers_of]
        old = (_plainly if alone else _atomically)(state, operation, type, place, numbers)
        b.do(f"store {type.ir} {old}, ptr {b.op(f'getelementptr {type.ir}, ptr {found}, i64 {lane}')}")

    def lanes(alone: bool) -> None:
        if alone and bytes and state.mask is None:
            ir, place_of_byte = state.v.of(bytes), partial(_place, state, address, bytes.type)
            for_each_byte(state, ir, lambda lane, byte: operate(lane, place_of_byte(byte), True))
        else:
            for_each_lane(state, lambda lane: operate(lane, place_of(lane), alone), _UNROLLED)

    if alone or state.checks:
        lanes(alone=True)
    else:
        _either(state, "icmp ne ptr %check, null", partial(lanes, alone=True), partial(lanes, alone=False))
    return Value(type, VARYING, b.op(f"load {shape}, ptr {found}"))


def _places(state: State, address: Address) -> Callable[[str], str]:
    """Return a function that emits the address of a lane; the index may be as short as a byte."""
    index = address.index
    if index is None and address.kind != VARYING:
        return lambda lane: address.base
    if address.kind == VARYING or index is None or index.type == BOOL:
        return lanes_of(state, "ptr", lane_addresses(state, address))
    index_of = numbers_of_lanes(state, index.narrow or index)
    type = (index.narrow or index).type
    return lambda lane: _place(state, address, type, index_of(lane))


def _bytes_of(state: State, address: Address) -> Value | None:
    """Return the index if it varies from lane to lane and is as short as a byte."""
    index = None if address.index is None or address.kind == VARYING else address.index.narrow or address.index
    return index if index and isinstance(index.type, Int) and index.type.bits == 8 and not index.scalar else None


def _place(state: State, address: Address, type: Scalar, number: str) -> str:
    """Return the address for one number as the index."""
    return first_lane(state, replace(address, index=Value(type, UNIFORM, number)), number)


def _either(state: State, condition: str, then: Callable[[], None], otherwise: Callable[[], None]) -> None:
    """Compile two branches; a condition that is the same for all threads chooses one."""
    b = state.b
    yes, no, end = (b.label(hint) for hint in ("alone", "together", "either"))
    b.branch(b.op(condition), yes, no)
    b.place(yes)
    then()
    b.jump(end)
    b.place(no)
    otherwise()
    b.place(end)


def _atomically(state: State, operation: str, type: Scalar, place: str, numbers: list[str]) -> str:
    """Emit the operation on memory that other threads of the processor may change, and return the old value."""
    if operation == "cas":
        text = f"cmpxchg ptr {place}, {type.ir} {numbers[0]}, {type.ir} {numbers[1]} monotonic monotonic"
        return state.b.op(f"extractvalue {{ {type.ir}, i1 }} {state.b.op(text)}, 0")
    return state.b.op(f"atomicrmw {operation} ptr {place}, {type.ir} {numbers[0]} monotonic")


def _plainly(state: State, operation: str, type: Scalar, place: str, numbers: list[str]) -> str:
    """Emit the operation on memory that no other thread of the processor changes, and return the old value.

    This is memory of one block, which runs on one core, and all memory if one thread runs all blocks. It takes a tenth
    of the time.
    """
    old = state.b.op(f"load {type.ir}, ptr {place}")
    state.b.do(f"store {type.ir} {_changed(state, operation, type, old, numbers)}, ptr {place}")
    return old


def _changed(state: State, operation: str, type: Scalar, old: str, numbers: list[str]) -> str:
    """Emit what an operation makes of an old value, and return it."""
    b, ir, number = state.b, type.ir, numbers[0]
    if operation == "xchg":
        return number
    if operation == "cas":
        return b.op(f"select i1 {b.op(f'icmp eq {ir} {old}, {number}')}, {ir} {numbers[1]}, {ir} {old}")
    if operation in _OF_FUNCTIONS:
        return b.call(f"llvm.{_OF_FUNCTIONS[operation]}.{ir}", ir, [(ir, old), (ir, number)])
    if operation == "uinc_wrap":
        ends, next = b.op(f"icmp uge {ir} {old}, {number}"), b.op(f"add {ir} {old}, 1")
        return b.op(f"select i1 {ends}, {ir} 0, {ir} {next}")
    if operation == "udec_wrap":
        none, beyond = b.op(f"icmp eq {ir} {old}, 0"), b.op(f"icmp ugt {ir} {old}, {number}")
        ends, next = b.op(f"or i1 {none}, {beyond}"), b.op(f"sub {ir} {old}, 1")
        return b.op(f"select i1 {ends}, {ir} {number}, {ir} {next}")
    return b.op(f"{operation} {ir} {old}, {number}")
