"""Calls: the author's functions compiled in place, and CUDA's own."""

from __future__ import annotations

from collections.abc import Callable

from imgcuda.cpu import memory, syntax
from imgcuda.cpu.expressions import convert, declare, evaluate, locate, number, read, write
from imgcuda.cpu.mathlib import ARGUMENTS, FUNCTIONS
from imgcuda.cpu.names import resolve_type, set_again
from imgcuda.cpu.state import CallFrame, State
from imgcuda.cpu.types import VECTORS, VOID, Array, Float, Int, Pointer, Scalar, Type
from imgcuda.cpu.values import BLOCK, VARYING, Address, Aggregate, Operand, Value, constant
from imgcuda.cpu.variables import Binding, PointerVariable, Reference, StructVariable, Variable
from imgcuda.errors import did_you_mean

PURE = frozenset(FUNCTIONS)
"""The functions that neither touch memory nor have effects."""


def call(state: State, node: syntax.Call) -> Operand:
    """Return the value of a call."""
    if node.name in state.unit.functions:
        return _inline(state, state.unit.functions[node.name], node)
    if node.name in FUNCTIONS:
        return _mathematics(state, node)
    if node.name.startswith("make_") and node.name[5:] in VECTORS:
        return _make(state, node)
    if node.name in _SPECIAL:
        return _SPECIAL[node.name](state, node)
    known = [*state.unit.functions, *FUNCTIONS, *_SPECIAL]
    state.fail(f"there is no function '{node.name}'{did_you_mean(node.name, known)}")


def _count(state: State, node: syntax.Call, wanted: int) -> None:
    if len(node.arguments) != wanted:
        state.fail(f"{node.name}() takes {wanted} argument{'s' * (wanted != 1)}; it is given {len(node.arguments)}")


def _mathematics(state: State, node: syntax.Call) -> Operand:
    _count(state, node, ARGUMENTS.get(node.name, 1))
    return FUNCTIONS[node.name](state, *(number(state, argument) for argument in node.arguments))


def _make(state: State, node: syntax.Call) -> Operand:
    """Return `make_float4(x, y, z, w)` and its kin."""
    struct = VECTORS[node.name[5:]]
    _count(state, node, len(struct.fields))
    values = [convert(state, evaluate(state, argument), field)
              for argument, (_, field) in zip(node.arguments, struct.fields, strict=True)]  # fmt: skip
    return Aggregate(struct, {name: value for (name, _), value in zip(struct.fields, values, strict=True)})


# ---- the author's functions


def _inline(state: State, function: syntax.Function, node: syntax.Call) -> Operand:
    """Compile a function in place of its call: what is the same for all threads stays so within it."""
    if function.body is None:
        state.fail(f"{function.name}() is declared but not defined")
    if any(frame.function is function for frame in state.calls):
        state.refuse(f"{function.name}() calls itself", "write it as a loop")
    _count(state, node, len(function.parameters))
    given = [_argument(state, parameter, argument) for parameter, argument in zip(function.parameters, node.arguments, strict=True)]
    result = None if resolve_type(state, function.result) == VOID else function.result
    outer = state.path, state.scopes, state.loops
    state.path, state.scopes, state.loops = (*state.path, id(node)), [state.scopes[0], {}], []
    try:
        for parameter, binding in zip(function.parameters, given, strict=True):
            state.bind(parameter.name, _own(state, function, parameter, binding))
        return _body(state, function, result)
    finally:
        state.path, state.scopes, state.loops = outer


def _argument(state: State, parameter: syntax.Parameter, argument: syntax.Expression) -> Binding:
    if isinstance(parameter.type, syntax.ReferenceType):
        found = locate(state, argument)
        return Reference(found) if isinstance(found, Address) else found
    value = evaluate(state, argument)
    type = resolve_type(state, parameter.type)
    return convert(state, value, Pointer(type.element) if isinstance(type, Array) else type)


def _own(state: State, function: syntax.Function, parameter: syntax.Parameter, binding: Binding) -> Binding:
    """Return a parameter's binding: a variable of its own if the function sets it, else the value itself."""
    by_reference = isinstance(parameter.type, syntax.ReferenceType)
    if by_reference or parameter.name not in set_again(function) or isinstance(binding, Variable | PointerVariable | StructVariable):
        return binding
    if isinstance(binding, Address) and binding.private is not None:
        return binding
    value = read(state, binding)
    own = declare(state, state.key(parameter), value.type)
    write(state, own, value)
    return own


def _body(state: State, function: syntax.Function, result: syntax.TypeName | None) -> Operand:
    from imgcuda.cpu.statements import run

    assert function.body is not None
    *before, last = function.body.items or (None,)
    returns = [node for node in syntax.walk(function.body) if isinstance(node, syntax.Return)]
    frame = CallFrame(state.key(function), function, state.mask, state.b.label("return"), "")
    state.calls.append(frame)
    try:
        if isinstance(last, syntax.Return) and returns == [last]:
            run(state, before)
            return constant(0) if last.value is None else convert(state, evaluate(state, last.value), _type(state, result))
        return _with_returns(state, frame, result, bool(returns))
    finally:
        state.calls.pop()


def _type(state: State, result: syntax.TypeName | None) -> Type:
    return VOID if result is None else resolve_type(state, result)


def _with_returns(state: State, frame: CallFrame, result: syntax.TypeName | None, returns: bool) -> Operand:
    """Compile a function that may return in several places, and not for all threads at once."""
    from imgcuda.cpu.statements import run

    assert frame.function.body is not None
    if result is not None:
        frame.result = declare(state, (frame.key, "result"), _type(state, result))
    kind = VARYING if ("left", frame.key) in state.facts.marks else BLOCK
    if returns:
        frame.returned = state.mask_slot()
    escapes = state.escapes
    with state.under(frame.key, kind, state.mask):
        run(state, frame.function.body.items)
    state.escapes = escapes  # whoever returned from here goes on after the call
    state.b.place(frame.end)
    return constant(0) if frame.result is None else read(state, frame.result)


# ---- CUDA's functions that touch memory


def _read_only(state: State, node: syntax.Call) -> Operand:
    """Return `__ldg(pointer)`: a load that a GPU sends through another cache."""
    _count(state, node, 1)
    return memory.load(state, _address(state, node.arguments[0]))


def _address(state: State, node: syntax.Expression) -> Address:
    operand = evaluate(state, node)
    if not isinstance(operand, Address):
        state.fail(f"a pointer is needed here; this is a {operand.type}", place=node.place)
    return operand


def _barrier(state: State, node: syntax.Call) -> Operand:
    state.refuse(
        "__syncthreads() where not all threads of the block may come",
        "move it out of the condition, loop or function: every thread of a block must reach it",
    )


def _fence(state: State, node: syntax.Call) -> Operand:
    state.b.do("fence seq_cst")
    return constant(0)


def _atomic(state: State, node: syntax.Call) -> Operand:
    _count(state, node, 2)
    address = _address(state, node.arguments[0])
    type = address.type.target
    if not isinstance(type, Int | Float) or isinstance(type, Float) and node.name not in ("atomicAdd", "atomicExch"):
        state.fail(f"{node.name}() cannot be used on a {type}")
    value = state.math.convert(number(state, node.arguments[1]), type)
    operation = _ATOMICS[node.name]
    if isinstance(type, Float) and operation == "add":
        operation = "fadd"
    if isinstance(type, Int) and not type.signed and operation in ("min", "max"):
        operation = "u" + operation
    return _each_lane(state, address, type, value, operation)


_ATOMICS = {"atomicAdd": "add", "atomicSub": "sub", "atomicMin": "min", "atomicMax": "max", "atomicAnd": "and",
            "atomicOr": "or", "atomicXor": "xor", "atomicExch": "xchg"}  # fmt: skip


def _each_lane(state: State, address: Address, type: Scalar, value: Value, operation: str) -> Value:
    """Do an atomic operation for one thread after the other, and return what each found there."""
    width, lanes = state.v.width, state.v.type(type)
    places, values = memory.places(state, address), state.v.of(value)
    slot = state.b.slot(lanes)
    bits = state.mask and state.b.op(f"bitcast {state.v.type('i1')} {state.mask} to i{width}")
    for lane in range(width):
        skip = state.b.label("skip")
        if bits:
            do = state.b.label("lane")
            bit = state.b.op(f"extractelement {state.v.type('i1')} {state.mask}, i32 {lane}")
            state.b.branch(bit, do, skip)
            state.b.place(do)
        place = state.b.op(f"extractelement <{width} x ptr> {places}, i32 {lane}")
        number = state.b.op(f"extractelement {lanes} {values}, i32 {lane}")
        old = _atomic_operation(state, address, operation, type, place, number)
        state.b.do(f"store {type.ir} {old}, ptr {state.b.op(f'getelementptr {type.ir}, ptr {slot}, i64 {lane}')}")
        state.b.place(skip)
    return Value(type, VARYING, state.b.op(f"load {lanes}, ptr {slot}"))


def _atomic_operation(state: State, address: Address, operation: str, type: Scalar, place: str, number: str) -> str:
    """Return what stood at a place, having changed it. Shared memory belongs to one core, and needs no lock."""
    if address.memory.space == "shared" and operation in ("add", "sub", "or", "and", "xor", "fadd", "xchg"):
        old = state.b.op(f"load {type.ir}, ptr {place}")
        new = number if operation == "xchg" else state.b.op(f"{operation} {type.ir} {old}, {number}")
        state.b.do(f"store {type.ir} {new}, ptr {place}")
        return old
    return state.b.op(f"atomicrmw {operation} ptr {place}, {type.ir} {number} monotonic")


_SPECIAL: dict[str, Callable[[State, syntax.Call], Operand]] = {
    "__ldg": _read_only,
    "__syncthreads": _barrier,
    "__threadfence": _fence,
    "__threadfence_block": _fence,
    **dict.fromkeys(_ATOMICS, _atomic),
}
