"""Atomic operations: one thread after the other, in the order of the lanes."""

from __future__ import annotations

from imgcuda.cpu.addresses import places
from imgcuda.cpu.checks import ATOMIC
from imgcuda.cpu.expressions import evaluate, number
from imgcuda.cpu.frontend import syntax
from imgcuda.cpu.places import pointer
from imgcuda.cpu.state import State
from imgcuda.cpu.types import I32, I64, U32, U64, Float, Int, Scalar
from imgcuda.cpu.values import VARYING, Address, Operand, Value

_WHOLE = (I32, U32, I64, U64)
ATOMICS: dict[str, tuple[str, tuple[Scalar, ...]]] = {
    "atomicAdd": ("add", (*_WHOLE, Float(32), Float(64))),
    "atomicSub": ("sub", _WHOLE),
    "atomicMin": ("min", _WHOLE),
    "atomicMax": ("max", _WHOLE),
    "atomicAnd": ("and", _WHOLE),
    "atomicOr": ("or", _WHOLE),
    "atomicXor": ("xor", _WHOLE),
    "atomicExch": ("xchg", (*_WHOLE, Float(32))),
    "atomicInc": ("uinc_wrap", (U32,)),
    "atomicDec": ("udec_wrap", (U32,)),
    "atomicCAS": ("cas", _WHOLE),
}
"""LLVM's word for each operation, and what CUDA has it for."""
_PLAIN = frozenset(["add", "sub", "or", "and", "xor", "fadd", "xchg"])


def atomic(state: State, node: syntax.Call) -> Operand:
    """Return what an atomic operation found in memory, for the threads that are active."""
    address = pointer(state, evaluate(state, node.arguments[0]))
    type, (operation, types) = address.type.target, ATOMICS[node.name]
    if not isinstance(type, Int | Float) or type not in types:
        state.fail(f"{node.name}() cannot be used on a {type}", f"it is for {', '.join(map(str, types))}")
    if address.private is not None:
        state.fail(f"{node.name}() on a thread's own variable, which no other thread can see", "use a plain assignment")
    values = [state.math.convert(number(state, argument), type) for argument in node.arguments[1:]]
    if isinstance(type, Float) and operation == "add":
        operation = "fadd"
    if isinstance(type, Int) and not type.signed and operation in ("min", "max"):
        operation = "u" + operation
    return _each_lane(state, address, type, values, operation)


def _each_lane(state: State, address: Address, type: Scalar, values: list[Value], operation: str) -> Value:
    """Do an operation for one thread after the other, and return what each found there."""
    width, shape = state.v.width, state.v.type(type)
    if state.checks:
        address = state.checks.allowed(address, type, ATOMIC)
    pointers, lanes = places(state, address), [state.v.of(value) for value in values]
    slot = state.b.slot(shape)
    for lane in range(width):
        skip = state.b.label("skip")
        if state.mask is not None:
            do = state.b.label("lane")
            state.b.branch(state.b.op(f"extractelement {state.v.type('i1')} {state.mask}, i32 {lane}"), do, skip)
            state.b.place(do)
        place = state.b.op(f"extractelement <{width} x ptr> {pointers}, i32 {lane}")
        numbers = [state.b.op(f"extractelement {shape} {each}, i32 {lane}") for each in lanes]
        old = _operate(state, address, operation, type, place, numbers)
        state.b.do(f"store {type.ir} {old}, ptr {state.b.op(f'getelementptr {type.ir}, ptr {slot}, i64 {lane}')}")
        state.b.place(skip)
    return Value(type, VARYING, state.b.op(f"load {shape}, ptr {slot}"))


def _operate(state: State, address: Address, operation: str, type: Scalar, place: str, numbers: list[str]) -> str:
    """Return what stood at a place, having changed it. Shared memory belongs to one core, and needs no lock."""
    if address.memory.space == "shared" and operation in _PLAIN:
        old = state.b.op(f"load {type.ir}, ptr {place}")
        new = numbers[0] if operation == "xchg" else state.b.op(f"{operation} {type.ir} {old}, {numbers[0]}")
        state.b.do(f"store {type.ir} {new}, ptr {place}")
        return old
    if operation == "cas":
        text = f"cmpxchg ptr {place}, {type.ir} {numbers[0]}, {type.ir} {numbers[1]} monotonic monotonic"
        return state.b.op(f"extractvalue {{ {type.ir}, i1 }} {state.b.op(text)}, 0")
    return state.b.op(f"atomicrmw {operation} ptr {place}, {type.ir} {numbers[0]} monotonic")
