"""Function calls: built-in functions of CUDA here, functions of the source in `inline`."""

from __future__ import annotations

import platform
from collections.abc import Callable
from dataclasses import replace

from imgcuda.cpu.lowering.atomics import ATOMICS, atomic
from imgcuda.cpu.lowering.dispatch import evaluate
from imgcuda.cpu.lowering.expressions import array_size
from imgcuda.cpu.lowering.inline import inline
from imgcuda.cpu.lowering.lvalues import convert, pointer
from imgcuda.cpu.lowering.operands import condition, number
from imgcuda.cpu.lowering.printf_format import PRINTF
from imgcuda.cpu.lowering.printing import printf
from imgcuda.cpu.lowering.state import State
from imgcuda.cpu.lowering.warps import WARPS, warp_function
from imgcuda.cpu.maths.functions import ARGUMENTS, FUNCTIONS, IN_CUDA_C
from imgcuda.cpu.memory import objects
from imgcuda.cpu.memory.accesses import gather_words
from imgcuda.cpu.memory.addresses import move
from imgcuda.cpu.values.types import BOOL, I64, U8, U32, VECTORS, VOID, PointerTo
from imgcuda.cpu.values.value import (
    BLOCK,
    NOTHING,
    UNIFORM,
    VARYING,
    Address,
    Aggregate,
    MemoryRegion,
    Operand,
    Value,
    constant,
)
from imgcuda.errors import KernelError, did_you_mean
from imgcuda.frontend import syntax
from imgcuda.frontend.textures import fetch_of


def call(state: State, node: syntax.Call) -> Operand:
    """Return the value of a call."""
    if node.name in state.unit.functions:
        return inline(state, state.unit.functions[node.name], node)
    if node.name in FUNCTIONS:
        _count(state, node, ARGUMENTS.get(node.name, 1))
        return FUNCTIONS[node.name](state, *(number(state, argument) for argument in node.arguments))
    if node.name == syntax.ARRAY_SIZE:
        return array_size(state, node)
    if node.name in WARPS:
        return warp_function(state, node)
    if node.name == PRINTF:
        return printf(state, node)
    if node.name in _SPECIAL:
        wanted, function = _SPECIAL[node.name]
        _count(state, node, wanted)
        return function(state, node)
    if node.name.startswith("make_") and node.name[5:] in VECTORS:
        return _make(state, node)
    if node.name in IN_CUDA_C or fetch_of(node.name):
        raise KernelError([])  # its arguments do not fit, which is reported already
    makers = [f"make_{name}" for name in VECTORS]
    known = [*state.unit.functions, *FUNCTIONS, *_SPECIAL, *makers]
    return state.fail(f"there is no function '{node.name}'{did_you_mean(node.name, known)}")


def _count(state: State, node: syntax.Call, wanted: int) -> None:
    if len(node.arguments) != wanted:
        state.fail(f"{node.name}() takes {wanted} argument{'s' * (wanted != 1)}; it is given {len(node.arguments)}")


def _make(state: State, node: syntax.Call) -> Operand:
    """Return the value of `make_float4(x, y, z, w)` and the other vector constructors."""
    struct = VECTORS[node.name[5:]]
    _count(state, node, len(struct.fields))
    values = [convert(state, evaluate(state, argument), field)
              for argument, (_, field) in zip(node.arguments, struct.fields, strict=True)]  # fmt: skip
    return Aggregate(struct, {name: value for (name, _), value in zip(struct.fields, values, strict=True)})


# ---- built-in functions for memory and barriers


def _read_only(state: State, node: syntax.Call) -> Operand:
    """Return the value of `__ldg(pointer)` and its kin: a plain load here, a load by way of some cache on a GPU."""
    return objects.load(state, pointer(state, evaluate(state, node.arguments[0])))


def _texels(state: State, node: syntax.Call) -> Operand:
    """Return the address of a texture's numbers, which a texture has as a number."""
    address = number(state, node.arguments[0])
    kind, of = (address.kind, address.ir) if address.scalar else (VARYING, state.v.of(address))
    shapes = ("i64", "ptr") if address.scalar else (state.v.type("i64"), state.v.type("ptr"))
    base = state.b.op(f"inttoptr {shapes[0]} {of} to {shapes[1]}")
    return Address(PointerTo(VOID), base, kind, MemoryRegion("texture", objects.TEXTURE))


def _nothing(state: State, node: syntax.Call) -> Operand:
    """Compile a call that only tells a GPU, or its compiler, something."""
    return NOTHING


def _barrier(state: State, node: syntax.Call) -> Operand:
    state.refuse(
        "__syncthreads() where not all threads of the block may come",
        "move it out of the condition, switch or expression: every thread of a block must reach it",
    )


def _expect(state: State, node: syntax.Call) -> Operand:
    """Return the value of `__builtin_expect(value, constant)`; `if` looks at the constant."""
    return state.math.convert(number(state, node.arguments[0]), I64)


def _for_all(state: State, node: syntax.Call) -> Operand:
    """Return the value of `__builtin_for_all(condition)`: whether it holds for all active threads of the vector."""
    test = condition(state, node.arguments[0])
    if test.scalar:
        return test
    if state.mask is None:
        return Value(BOOL, UNIFORM, test.all or state.v.all(test.ir))
    missing = state.v.without(state.mask, test.ir)
    return Value(BOOL, UNIFORM, state.v.none(missing))


def _word_at(state: State, node: syntax.Call) -> Operand:
    """Return the value of `__builtin_word_at(pointer)`: the 32 bits from an address on, a multiple of four or not."""
    at = pointer(state, evaluate(state, node.arguments[0]))
    kind = max(at.kind, BLOCK if at.index is None else at.index.kind)
    if kind == VARYING and at.private is None and not state.checks:
        return Value(U32, VARYING, gather_words(state, at))
    bytes, made = replace(at, type=PointerTo(U8)), constant(0, U32)
    for place in range(4):
        byte = objects.load_scalar(state, move(state, bytes, constant(place)), U8)
        moved = state.math.binary("<<", state.math.convert(byte, U32), constant(8 * place, U32))
        made = state.math.binary("|", made, moved)
    return made


def _assert(state: State, node: syntax.Call) -> Operand:
    """Compile `assert(condition)`: a checked run reports the first thread for which it does not hold."""
    holds = condition(state, node.arguments[0])
    if state.checks:
        state.checks.asserted(holds)
    return NOTHING


def _fence(state: State, node: syntax.Call) -> Operand:
    state.b.do("fence seq_cst")
    if state.checks:
        state.checks.fences = True
    return NOTHING


def _clock(state: State, node: syntax.Call) -> Operand:
    """Return the counter of the processor's cycles, or, where a process may not read that, of its clock's."""
    counter = "steady" if platform.machine().lower() in ("aarch64", "arm64") else "cycle"
    return Value(I64, UNIFORM, state.b.call(f"llvm.read{counter}counter", "i64", []))


_SPECIAL: dict[str, tuple[int, Callable[[State, syntax.Call], Operand]]] = {
    **dict.fromkeys(objects.LOADS, (1, _read_only)),
    "__builtin_texels": (1, _texels),
    **dict.fromkeys(("__nanosleep", "__builtin_assume"), (1, _nothing)),
    "__builtin_expect": (2, _expect),
    "__builtin_for_all": (1, _for_all),
    "__builtin_word_at": (1, _word_at),
    "assert": (1, _assert),
    "__syncthreads": (0, _barrier),
    "__threadfence": (0, _fence),
    "__threadfence_block": (0, _fence),
    "__threadfence_system": (0, _fence),
    **dict.fromkeys(("clock", "clock64"), (0, _clock)),
    **{name: (3 if name.startswith("atomicCAS") else 2, atomic) for name in ATOMICS},
}
"""The built-in functions for memory and barriers, and how many arguments each takes."""
