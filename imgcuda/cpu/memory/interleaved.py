"""Loads and stores of consecutive structures, like RGB pixels: one wide access for a vector, and shuffles.

A negative stride is as good: there the lanes lie in memory from the last to the first.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import islice

from imgcuda.cpu.lowering.state import State
from imgcuda.cpu.machine import Machine
from imgcuda.cpu.memory.addresses import first_lane
from imgcuda.cpu.memory.strided import joined, picked
from imgcuda.cpu.values.types import U8, ArrayOf, Float, Int, Scalar, Struct, Type, has_union, memory_ir, size_of
from imgcuda.cpu.values.value import AFFINE, VARYING, Address, Aggregate, Operand, Value

_FOUR = 4
"""The lanes whose integers fill 16 bytes."""

_ZERO = 32
"""Where a shuffle of 32 bytes and 32 zeros has a zero."""

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
    wide = f"<{count * state.v.width} x {cell}>"
    made = state.b.op(f"load {wide}, ptr {_lowest(state, address, type)}, align {size_of(number)}")
    integers = _integers(state, address, type, number)

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
    width, cell = state.v.width, memory_ir(number)
    parts = [state.v.to_memory(state.v.of(state.math.convert(each, number)), VARYING, number) for each in _flat(value)]
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


class _Integers:
    """The bytes of structures as integers of 32 bits: a vector for each byte of a structure.

    AVX2 shuffles bytes within 16 of them: these are the structures of four lanes, from which each byte is moved to
    where its integer is. To collect the bytes of all lanes first takes twice as many instructions. LLVM drops the loads
    if no byte is used so.
    """

    def __init__(self, state: State, place: str, count: int) -> None:
        self.count, total = count, count * state.v.width
        self.starts = [min(_FOUR * count * four, total - 16) for four in range(state.v.width // _FOUR)]
        """Where the structures of each four lanes are read: none beyond the last."""
        places = [state.b.op(f"getelementptr i8, ptr {place}, i64 {start}") for start in self.starts]
        self.loaded = [state.b.op(f"load <16 x i8>, ptr {each}, align 1") for each in places]

    def part(self, state: State, position: int) -> str:
        """Return one byte of each structure."""
        made = [self._eight(state, number, position) for number in range(len(self.loaded) // 2)]
        return joined(state, made, "i32", 2 * _FOUR)

    def _eight(self, state: State, number: int, position: int) -> str:
        """Return one byte of the structures of eight lanes; the second 16 bytes follow the first in the shuffle."""
        low, high = self.loaded[2 * number : 2 * number + 2]
        both = state.b.op(f"shufflevector <16 x i8> {low}, <16 x i8> {high}, {picked(range(32))}")
        picks = []
        for lane in range(2 * _FOUR):
            four = 2 * number + lane // _FOUR
            byte = self.count * (2 * _FOUR * number + lane) + position - self.starts[four]
            picks += [16 * (lane // _FOUR) + byte, *[_ZERO] * 3]
        moved = state.b.op(f"shufflevector <32 x i8> {both}, <32 x i8> zeroinitializer, {picked(picks)}")
        return state.b.op(f"bitcast <32 x i8> {moved} to <8 x i32>")


def _integers(state: State, address: Address, type: Struct, number: Scalar) -> _Integers | None:
    """Return the bytes of structures as integers, where that is cheaper than to widen bytes; else None."""
    features = Machine.host().features
    if number != U8 or size_of(type) not in (3, 4) or "+avx2" not in features or "+avx512f" in features:
        return None
    assert address.index is not None
    forward = address.index.stride * address.scale > 0
    return _Integers(state, _lowest(state, address, type), size_of(type)) if forward else None
