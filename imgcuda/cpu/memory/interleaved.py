"""Loads and stores of consecutive structures, like RGB pixels: one wide access for a vector, and shuffles.

A negative stride is as good: there the lanes lie in memory from the last to the first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice

from imgcuda.cpu.ir import picked
from imgcuda.cpu.lowering.state import State
from imgcuda.cpu.machine import Machine
from imgcuda.cpu.memory.addresses import first_lane
from imgcuda.cpu.memory.byte_integers import integers_of
from imgcuda.cpu.memory.strided import REGISTER
from imgcuda.cpu.values.types import U8, ArrayOf, Float, Int, Scalar, Struct, Type, has_union, memory_ir, size_of
from imgcuda.cpu.values.value import AFFINE, VARYING, Address, Aggregate, Operand, Value

_RGB = 3
"""The numbers of an RGB pixel: for three vectors, LLVM's own code that interleaves them is long."""

MOST = 16
"""The most numbers of a structure that is accessed so: code for longer vectors takes long to compile."""


def interleaved(state: State, address: Address, type: Struct) -> Scalar | None:
    """Return the type of a structure's numbers, if all lanes access neighboring structures of one type of numbers."""
    index = address.index
    if (
        has_union(type)
        or state.mask is not None
        or state.checks
        or address.private is not None
        or address.kind == VARYING
    ):
        return None
    if index is None or index.kind != AFFINE or abs(index.stride * address.scale) != size_of(type):
        return None
    numbers = list(islice(_numbers(type), MOST + 1))
    number = numbers[0]
    if len(numbers) > MOST or len(set(numbers)) != 1 or not isinstance(number, Int | Float):
        return None
    return number if size_of(type) == len(numbers) * size_of(number) else None


def load_interleaved(state: State, address: Address, type: Struct, number: Scalar) -> Operand:
    """Load a vector of structures: one wide load, and a shuffle for each number in the structure."""
    count, cell, order = size_of(type) // size_of(number), memory_ir(number), _order(state, address)
    state.sizes.add(size_of(number))
    wide = f"<{count * state.v.width} x {cell}>"
    made = state.b.op(f"load {wide}, ptr {_lowest(state, address, type)}, align {size_of(number)}")
    forward = number == U8 and address.index is not None and address.index.stride * address.scale > 0
    integers = integers_of(state, _lowest(state, address, type), count) if forward else None

    def part(position: int) -> Value:
        picks = state.v.numbers([count * lane + position for lane in order], "i32")
        lanes = state.b.op(f"shufflevector {wide} {made}, {wide} poison, {state.v.type('i32')} {picks}")
        widened = partial(integers.part, state, position) if integers else None
        return Value(number, VARYING, state.v.from_memory(lanes, VARYING, number), integers=widened)

    return _nested(type, map(part, range(count)))


def store_interleaved(state: State, address: Address, value: Aggregate, number: Scalar) -> None:
    """Store a vector of structures: their numbers are shuffled into one wide store."""
    assert isinstance(value.type, Struct)
    state.written.add(address.memory)
    state.sizes.add(size_of(number))
    width, cell = state.v.width, memory_ir(number)
    parts = [state.v.to_memory(state.v.of(state.math.convert(each, number)), VARYING, number) for each in _flat(value)]
    if _permutes(state, number) and len(parts) == _RGB:
        _store_registers(state, _lowest(state, address, value.type), parts, _order(state, address))
        return
    count, size, joined = len(parts), width, parts[0]
    for part in parts[1:]:
        grown = f"<{size} x {cell}>"
        padded = part if size == width else _padded(state, part, cell, size)
        picks = ", ".join(f"i32 {lane}" for lane in range(size + width))
        joined = state.b.op(f"shufflevector {grown} {joined}, {grown} {padded}, <{size + width} x i32> <{picks}>")
        size += width
    wide = f"<{count * width} x {cell}>"
    order = ", ".join(f"i32 {each * width + lane}" for lane in _order(state, address) for each in range(count))
    mixed = state.b.op(f"shufflevector {wide} {joined}, {wide} poison, <{count * width} x i32> <{order}>")
    state.b.do(f"store {wide} {mixed}, ptr {_lowest(state, address, value.type)}, align {size_of(number)}")


def _permutes(state: State, number: Scalar) -> bool:
    """Return whether any bytes of two registers can be moved anywhere in one, and a vector of bytes is a register."""
    return number == U8 and state.v.width == REGISTER and "+avx512vbmi" in Machine.host().features


def _store_registers(state: State, place: str, parts: Sequence[str], order: Sequence[int]) -> None:
    """Store vectors of bytes interleaved, register by register; LLVM takes twice as many instructions for them all."""
    for register in range(len(parts)):
        bytes = [divmod(REGISTER * register + byte, len(parts)) for byte in range(REGISTER)]
        made = _register(state, parts, bytes, order)
        target = state.b.op(f"getelementptr i8, ptr {place}, i64 {REGISTER * register}")
        state.b.do(f"store {state.v.type('i8')} {made}, ptr {target}, align 1")


def _register(state: State, parts: Sequence[str], bytes: Sequence[tuple[int, int]], order: Sequence[int]) -> str:
    """Return a register of bytes, given for each the number of its structure, and which vector has it."""
    shape, made = state.v.type("i8"), parts[0]
    picks: list[int | None] = [order[structure] if part == 0 else None for structure, part in bytes]
    for number, added in enumerate(parts[1:], 1):
        for at, (structure, part) in enumerate(bytes):
            if part == number:
                picks[at] = REGISTER + order[structure]
        made = state.b.op(f"shufflevector {shape} {made}, {shape} {added}, {picked(picks)}")
        picks = list(range(REGISTER))
    return made


def _numbers(type: Type) -> Iterator[Type]:
    """Return the types of the numbers in a type, in their order in memory."""
    if isinstance(type, Struct):
        for _, field in type.fields:
            yield from _numbers(field)
    elif isinstance(type, ArrayOf):
        for _ in range(type.size):
            yield from _numbers(type.element)
    else:
        yield type


def _nested(type: Type, numbers: Iterator[Value]) -> Operand:
    """Return an object of a type that consists of these numbers."""
    if isinstance(type, Struct):
        return Aggregate(type, {name: _nested(field, numbers) for name, field in type.fields})
    if isinstance(type, ArrayOf):
        return Aggregate(type, {str(each): _nested(type.element, numbers) for each in range(type.size)})
    return next(numbers)


def _flat(value: Operand) -> Iterator[Value]:
    """Return the numbers that an object consists of."""
    if isinstance(value, Aggregate):
        for field in value.fields.values():
            yield from _flat(field)
    elif isinstance(value, Value):
        yield value


def _order(state: State, address: Address) -> range:
    """Return the lanes in the order in which their structures lie in memory; also the reverse: place by lane."""
    assert address.index is not None
    lanes = range(state.v.width)
    return lanes if address.index.stride * address.scale > 0 else lanes[::-1]


def _lowest(state: State, address: Address, type: Struct) -> str:
    """Return the address of the structure that lies first in memory."""
    assert address.index is not None
    first = first_lane(state, address, address.index.ir)
    if address.index.stride * address.scale > 0:
        return first
    return state.b.op(f"getelementptr i8, ptr {first}, i64 {(1 - state.v.width) * size_of(type)}")


def _padded(state: State, part: str, cell: str, size: int) -> str:
    """Return a vector with undefined lanes appended, `size` in all, as a shuffle takes two vectors of one length."""
    shape, width = state.v.type(cell), state.v.width
    picks = picked([lane if lane < width else None for lane in range(size)])
    return state.b.op(f"shufflevector {shape} {part}, {shape} poison, {picks}")
