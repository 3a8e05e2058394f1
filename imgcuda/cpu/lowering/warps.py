"""Shuffles and votes of warps: 32 threads that are neighbors in a block, and so lanes of one vector.

Where a kernel has them, vectors are 32 or 64 lanes wide (`warp_width`). All lanes of a vector run in lockstep, so
`__syncwarp()` has nothing to wait for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from imgcuda.cpu.lowering.operands import condition, number
from imgcuda.cpu.lowering.side_effects import calls_in
from imgcuda.cpu.lowering.state import State
from imgcuda.cpu.values.conversions import suffix
from imgcuda.cpu.values.types import BOOL, I32, U32, Scalar, promote
from imgcuda.cpu.values.value import NOTHING, UNIFORM, VARYING, Operand, Value, constant
from imgcuda.errors import KernelError
from imgcuda.frontend import syntax
from imgcuda.programs.layout import Dim3

WARP = 32
_SHUFFLES = {"__shfl_sync": "idx", "__shfl_up_sync": "up", "__shfl_down_sync": "down", "__shfl_xor_sync": "xor"}


def uses_warps(node: object, functions: Mapping[str, syntax.Function]) -> bool:
    """Return whether code calls a function of warps, or a function that does."""
    return any(call.name in WARPS for call in calls_in(node, functions))


def warp_width(width: int, block: Dim3, file: str, kernel: str) -> int:
    """Return the vector width for a kernel with functions of warps. Raises KernelError if warps are no vectors."""
    if block.x % WARP and block.y * block.z > 1:
        message = (
            f"{file}: {kernel} has functions of warps, and the rows of a block of {block.x} x {block.y} are no warps"
        )
        raise KernelError(f"{message}; launch blocks whose width is a multiple of {WARP}")
    return width if width % WARP == 0 else WARP


def warp_function(state: State, node: syntax.Call) -> Operand:
    """Return the value of a function of warps."""
    for argument in node.arguments[:1]:
        number(state, argument)  # the mask of the threads that take part, which are those that come here
    if node.name in _SHUFFLES:
        return _shuffle(state, node, _SHUFFLES[node.name])
    if node.name == "__syncwarp":
        if state.checks:
            state.checks.next_epoch()
        return NOTHING
    if node.name == "__activemask":
        return _ballot(state, constant(True, BOOL))
    test = condition(state, node.arguments[1])
    if node.name == "__ballot_sync":
        return _ballot(state, test)
    if node.name == "__any_sync":
        return state.math.convert(state.math.compare("!=", _ballot(state, test), constant(0, U32)), I32)
    others = _ballot(state, state.math.negation(test))
    return state.math.convert(state.math.compare("==", others, constant(0, U32)), I32)


def _ballot(state: State, test: Value) -> Value:
    """Return the bits of a warp's active threads for which a condition holds."""
    b, width = state.b, state.v.width
    set_lanes = state.v.both(state.mask, state.v.of(test))
    bits = b.op(f"bitcast {state.v.type('i1')} {set_lanes} to i{width}")
    if width == WARP:
        return Value(U32, UNIFORM, bits)
    halves = [b.op(f"trunc i64 {each} to i32") for each in (bits, b.op(f"lshr i64 {bits}, {WARP}"))]
    low, high = (state.v.splat(half, "i32") for half in halves)
    return Value(U32, VARYING, _picked(state, low, high, "i32", list(range(WARP)) + list(range(3 * WARP, 4 * WARP))))


def _picked(state: State, one: str, other: str, type: str, lanes: list[int]) -> str:
    """Return lanes of two vectors, by their numbers."""
    vector = state.v.type(type)
    numbers = f"{state.v.type('i32')} {state.v.numbers(lanes, 'i32')}"
    return state.b.op(f"shufflevector {vector} {one}, {vector} {other}, {numbers}")


# ---- shuffles


def _shuffle(state: State, node: syntax.Call, way: str) -> Value:
    value = number(state, node.arguments[1])
    value = state.math.convert(value, promote(value.type))
    by = state.math.convert(number(state, node.arguments[2]), I32)
    width = number(state, node.arguments[3]).const if len(node.arguments) > 3 else WARP
    if not isinstance(width, int) or width not in (1, 2, 4, 8, 16, 32):
        state.refuse(f"{node.name}() of a width that is not a constant", "write 2, 4, 8, 16 or 32", node.place)
    if value.scalar:
        return value
    vector, type = state.v.of(value), value.type
    if isinstance(by.const, int):
        lanes = [_source(way, lane, by.const & (WARP - 1), width) for lane in range(state.v.width)]
        return Value(type, VARYING, _picked(state, vector, "poison", type.ir, lanes))
    return Value(type, VARYING, _gathered(state, vector, type, _sources(state, way, by, width)))


def _source(way: str, lane: int, by: int, width: int) -> int:
    """Return the lane that a lane reads from in a shuffle; itself, if that would be in another part of the warp."""
    warp, own = lane & ~(WARP - 1), lane & (WARP - 1)
    first = own & ~(width - 1)
    last = first + width - 1
    if way == "idx":
        return warp + (first | (by & (width - 1)))
    other = {"up": own - by, "down": own + by, "xor": own ^ by}[way]
    reachable = other >= first if way == "up" else other <= last
    return warp + (other if reachable else own)


def _sources(state: State, way: str, by: Value, width: int) -> str:
    """Return a vector with the lane that each lane reads from, where that is known at run time only."""
    b, lanes, shape = state.b, range(state.v.width), state.v.type("i32")

    def known(of: Callable[[int], int]) -> str:
        return state.v.numbers([of(lane) for lane in lanes], "i32")

    moved = b.op(f"and {shape} {state.v.of(by)}, {known(lambda lane: WARP - 1)}")
    own = known(lambda lane: lane & (WARP - 1))
    first = known(lambda lane: lane & (WARP - 1) & ~(width - 1))
    if way == "idx":
        inside = b.op(f"and {shape} {moved}, {known(lambda lane: width - 1)}")
        chosen = b.op(f"or {shape} {first}, {inside}")
    else:
        verb = {"up": "sub", "down": "add", "xor": "xor"}[way]
        other = b.op(f"{verb} {shape} {own}, {moved}")
        last = known(lambda lane: (lane & (WARP - 1) & ~(width - 1)) + width - 1)
        test = f"icmp sge {shape} {other}, {first}" if way == "up" else f"icmp sle {shape} {other}, {last}"
        chosen = state.v.select(b.op(test), other, own, "i32")
    return b.op(f"add {shape} {chosen}, {known(lambda lane: lane & ~(WARP - 1))}")


def _gathered(state: State, vector: str, type: Scalar, lanes: str) -> str:
    """Return lanes of a vector by their numbers, through memory."""
    b, shape, pointers = state.b, state.v.type(type), state.v.type("ptr")
    slot = b.slot(shape, 64)
    b.do(f"store {shape} {vector}, ptr {slot}")
    places = b.op(f"getelementptr {type.ir}, ptr {slot}, {state.v.type('i32')} {lanes}")
    name = f"llvm.masked.gather.{suffix(shape)}.v{state.v.width}p0"
    return b.call(name, shape, [(pointers, places), (state.v.type("i1"), "splat (i1 true)"), (shape, "poison")])


WARPS: dict[str, tuple[int, int]] = {
    **dict.fromkeys(_SHUFFLES, (3, 4)),
    **dict.fromkeys(["__ballot_sync", "__any_sync", "__all_sync"], (2, 2)),
    "__activemask": (0, 0),
    "__syncwarp": (0, 1),
}
"""The functions of warps: the least and the greatest number of their arguments."""
