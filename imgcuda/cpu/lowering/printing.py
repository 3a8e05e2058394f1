"""`printf` in kernels: each active thread calls the C library's, one after another."""

from __future__ import annotations

from collections.abc import Callable

from imgcuda.cpu.checks.instrument import known
from imgcuda.cpu.lowering.dispatch import evaluate
from imgcuda.cpu.lowering.lanes import for_each_lane, lanes_of, numbers_of_lanes
from imgcuda.cpu.lowering.lvalues import pointer
from imgcuda.cpu.lowering.operands import number
from imgcuda.cpu.lowering.printf_format import ADDRESS, PRINTF, REAL, TEXT, WHOLE, Conversion, read_format
from imgcuda.cpu.lowering.state import State
from imgcuda.cpu.memory.addresses import lane_addresses
from imgcuda.cpu.values.types import F64, I8, I32, I64, ArrayOf, PointerTo, size_of
from imgcuda.cpu.values.value import BLOCK, UNIFORM, Address, MemoryRegion, Operand, Value
from imgcuda.frontend import syntax


def text(state: State, node: syntax.StringLiteral) -> Address:
    """Return the address of a string's first character."""
    type = ArrayOf(I8, len(node.value) + 1)
    place = _constant(state, node.value)
    memory = known(state, MemoryRegion("a string", "constant"), type, size_of(type), base=place)
    return Address(PointerTo(I8), place, BLOCK, memory)


def _constant(state: State, value: bytes) -> str:
    """Return the name of a constant that holds a string; equal strings share one."""
    written = "".join(chr(byte) if 32 <= byte < 127 and byte not in b'"\\' else f"\\{byte:02X}" for byte in value)
    data = f'internal constant [{len(value) + 1} x i8] c"{written}\\00"'
    for name, line in state.b.globals.items():
        if line.endswith(data):
            return f"@{name}"
    name = f"text.{len(state.b.globals)}"
    state.b.globals[name] = f"@{name} = {data}"
    return f"@{name}"


def printf(state: State, node: syntax.Call) -> Operand:
    """Compile `printf(format, arguments...)`, and return the number of its arguments, as CUDA does."""
    given = node.arguments[0]
    assert isinstance(given, syntax.StringLiteral)
    format, conversions = read_format(given.value)
    place, b = _constant(state, format), state.b
    lanes = [_argument(state, *each) for each in zip(conversions, node.arguments[1:], strict=True)]
    b.declarations[PRINTF] = f"declare i32 @{PRINTF}(ptr, ...)"

    def call(lane: str) -> None:
        passed = [f"ptr {place}", *(f"{kind} {value(lane)}" for kind, value in lanes)]
        b.op(f"call i32 (ptr, ...) @{PRINTF}({', '.join(passed)})")

    for_each_lane(state, call)
    return Value(I32, UNIFORM, str(len(conversions)))


def _argument(state: State, conversion: Conversion, node: syntax.Expression) -> tuple[str, Callable[[str], str]]:
    """Return the type of an argument in LLVM IR, and a function that emits its value for a lane."""
    if conversion.kind in (TEXT, ADDRESS):
        address = pointer(state, evaluate(state, node))
        if address.private is not None:
            state.refuse("printing the address of a thread's own variable", "print its value")
        return "ptr", lanes_of(state, "ptr", lane_addresses(state, address))
    type = F64 if conversion.kind == REAL else I32 if conversion.kind == WHOLE else I64
    return type.ir, numbers_of_lanes(state, state.math.convert(number(state, node), type))
