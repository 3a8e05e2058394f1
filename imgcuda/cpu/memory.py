"""Reading and writing memory: one number for all lanes, one wide access for neighbours, else lane by lane."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from imgcuda.cpu.addresses import first_lane, member, nth, places
from imgcuda.cpu.checks import COPY, READ
from imgcuda.cpu.combs import read_comb, write_comb
from imgcuda.cpu.conversions import suffix
from imgcuda.cpu.gathers import gather, gather_near, scatter
from imgcuda.cpu.private import load_private, store_private
from imgcuda.cpu.state import State
from imgcuda.cpu.types import Array, Float, Int, Pointer, Scalar, Struct, memory_ir, size_of
from imgcuda.cpu.values import BLOCK, LINEAR, VARYING, Address, Aggregate, Kind, Operand, Value

# ---- reading


def load(state: State, address: Address) -> Operand:
    """Return what stands at an address, for the threads that are active; an array becomes a pointer, as in C."""
    type = address.type.target
    return replace(address, type=Pointer(type.element)) if isinstance(type, Array) else _load_whole(state, address)


def _load_whole(state: State, address: Address) -> Operand:
    type = address.type.target
    if isinstance(type, Struct):
        return _load_struct(state, address, type)
    if isinstance(type, Array):
        parts = range(type.size)
        return Aggregate(type, {str(each): _load_whole(state, nth(state, address, each)) for each in parts})
    if not isinstance(type, Int | Float):
        state.refuse(f"reading a {type} from memory", "keep an offset there instead, and add it to one pointer")
    return load_scalar(state, address, type)


def load_scalar(state: State, address: Address, type: Scalar) -> Value:
    if address.private is not None:
        return load_private(state, address, type)
    if state.checks:
        address = state.checks.allowed(address, type, READ)
    access = _access(state, address, type)
    made = state.v.from_memory(access.read(), access.kind, type)
    return Value(type, access.kind, made)


def _load_struct(state: State, address: Address, type: Struct) -> Operand:
    if state.mask is None and not state.checks and (number := _interleaved(address, type)) is not None:
        return _load_interleaved(state, address, type, number)
    return Aggregate(type, {name: _load_field(state, member(state, address, name)) for name, _ in type.fields})


def _load_field(state: State, address: Address) -> Operand:
    """Return a field of a structure that is read as a whole, though not all of it may be set."""
    type = address.type.target
    if address.private is not None and isinstance(type, Int | Float):
        return load_private(state, address, type, COPY)
    return _load_whole(state, address)


def _load_interleaved(state: State, address: Address, type: Struct, element: Scalar) -> Aggregate:
    """Return neighbouring structures: one wide load, and a shuffle for each field."""
    assert address.index is not None
    count, width = len(type.fields), state.v.width
    cell = memory_ir(element)
    wide = f"<{count * width} x {cell}>"
    made = state.b.op(f"load {wide}, ptr {first_lane(state, address, address.index.ir)}, align {size_of(element)}")
    fields: dict[str, Operand] = {}
    for position, (name, _) in enumerate(type.fields):
        picks = state.v.numbers([count * lane + position for lane in range(width)], "i32")
        lanes = state.b.op(f"shufflevector {wide} {made}, {wide} poison, {state.v.type('i32')} {picks}")
        fields[name] = Value(element, VARYING, state.v.from_memory(lanes, VARYING, element))
    return Aggregate(type, fields)


# ---- writing


def store(state: State, address: Address, value: Operand) -> None:
    """Write a value to an address, for the threads that are active."""
    if isinstance(value, Aggregate):
        _store_aggregate(state, address, value)
        return
    type = address.type.target
    if not isinstance(value, Value) or not isinstance(type, Int | Float):
        state.refuse(f"writing a {type} to memory", "keep an offset there instead, and add it to one pointer")
    value = state.math.convert(value, type)
    if address.private is not None:
        store_private(state, address, value)
    elif state.checks:
        state.checks.write(address, value, type)
    else:
        _access(state, address, type).write(value)


def _store_aggregate(state: State, address: Address, value: Aggregate) -> None:
    if isinstance(value.type, Array):
        for position, part in enumerate(value.fields.values()):
            store(state, nth(state, address, position), part)
    elif state.mask is None and not state.checks and (number := _interleaved(address, value.type)) is not None:
        _store_interleaved(state, address, value, number)
    else:
        for name, part in value.fields.items():
            store(state, member(state, address, name), part)


def _store_interleaved(state: State, address: Address, value: Aggregate, element: Scalar) -> None:
    """Write neighbouring structures: the fields shuffled into one wide store."""
    assert address.index is not None
    width, cell = state.v.width, memory_ir(element)
    parts = [state.v.to_memory(state.v.of(state.math.convert(field, element)), VARYING, element)
             for field in value.fields.values() if isinstance(field, Value)]  # fmt: skip
    count, size, joined = len(parts), width, parts[0]
    for part in parts[1:]:
        grown = f"<{size} x {cell}>"
        padded = (
            part
            if size == width
            else state.b.op(
                f"shufflevector {state.v.type(cell)} {part}, {state.v.type(cell)} poison, <{size} x i32> "
                f"<{', '.join(f'i32 {lane}' if lane < width else 'i32 poison' for lane in range(size))}>"
            )
        )
        picks = ", ".join(f"i32 {lane}" for lane in range(size + width))
        joined = state.b.op(f"shufflevector {grown} {joined}, {grown} {padded}, <{size + width} x i32> <{picks}>")
        size += width
    wide = f"<{count * width} x {cell}>"
    order = ", ".join(f"i32 {field * width + lane}" for lane in range(width) for field in range(count))
    mixed = state.b.op(f"shufflevector {wide} {joined}, {wide} poison, <{count * width} x i32> <{order}>")
    state.b.do(f"store {wide} {mixed}, ptr {first_lane(state, address, address.index.ir)}, align {size_of(element)}")


def _interleaved(address: Address, type: Struct) -> Scalar | None:
    """Return the type of the fields, if neighbouring lanes touch neighbouring structures of equal fields."""
    kinds = {field for _, field in type.fields}
    index = address.index
    if address.private is not None or address.kind == VARYING or len(kinds) != 1 or index is None:
        return None
    if index.kind != LINEAR or index.stride * address.scale != size_of(type):
        return None
    number = kinds.pop()
    whole = isinstance(number, Int | Float) and size_of(type) == len(type.fields) * size_of(number)
    return number if whole else None  # type: ignore[return-value]


# ---- how lanes touch memory


@dataclass(frozen=True)
class _Access:
    """One element for each lane, or one for all."""

    state: State
    address: Address
    type: Scalar
    kind: Kind
    """The kind of what is read."""

    @property
    def cell(self) -> str:
        return memory_ir(self.type)

    @property
    def lanes(self) -> str:
        return self.state.v.type(self.cell)

    def read(self) -> str:
        raise NotImplementedError

    def write(self, value: Value) -> None:
        raise NotImplementedError


class _One(_Access):
    """The same element for all lanes. It is touched only while some thread is active."""

    def read(self) -> str:
        return self.state.b.op(f"load {self.cell}, ptr {self.address.base}, align {size_of(self.type)}")

    def write(self, value: Value) -> None:
        number = value.ir if value.scalar else _last(self.state, value)
        number = self.state.v.to_memory(number, BLOCK, self.type)
        self.state.b.do(f"store {self.cell} {number}, ptr {self.address.base}, align {size_of(self.type)}")


class _Row(_Access):
    """Neighbouring elements for neighbouring lanes: one wide access."""

    def read(self) -> str:
        place, align, mask = self._place(), size_of(self.type), self.state.mask
        if mask is None:
            return self.state.b.op(f"load {self.lanes}, ptr {place}, align {align}")
        arguments = [(f"ptr align {align}", place), (self.state.v.type("i1"), mask), (self.lanes, "zeroinitializer")]
        return self.state.b.call(f"llvm.masked.load.{suffix(self.lanes)}.p0", self.lanes, arguments)

    def write(self, value: Value) -> None:
        made = self.state.v.to_memory(self.state.v.of(value), VARYING, self.type)
        place, align, mask = self._place(), size_of(self.type), self.state.mask
        if mask is None:
            self.state.b.do(f"store {self.lanes} {made}, ptr {place}, align {align}")
            return
        arguments = [(self.lanes, made), (f"ptr align {align}", place), (self.state.v.type("i1"), mask)]
        self.state.b.call(f"llvm.masked.store.{suffix(self.lanes)}.p0", "void", arguments)

    def _place(self) -> str:
        assert self.address.index is not None
        return first_lane(self.state, self.address, self.address.index.ir)


class _Comb(_Access):
    """Every second, third or fourth element, as one channel of interleaved pixels: wide accesses and shuffles."""

    def read(self) -> str:
        return read_comb(self.state, self._place(), self.cell, size_of(self.type), self._step)

    def write(self, value: Value) -> None:
        made = self.state.v.to_memory(self.state.v.of(value), VARYING, self.type)
        write_comb(self.state, self._place(), self.cell, size_of(self.type), self._step, made)

    @property
    def _step(self) -> int:
        assert self.address.index is not None
        return self.address.index.stride * self.address.scale // size_of(self.type)

    def _place(self) -> str:
        assert self.address.index is not None
        return first_lane(self.state, self.address, self.address.index.ir)


class _Scattered(_Access):
    """Any element for each lane."""

    def read(self) -> str:
        if self._short:
            return gather(self.state, self.address, self.cell)
        arguments = [*self._places(), (self.lanes, "zeroinitializer")]
        name = f"llvm.masked.gather.{suffix(self.lanes)}.v{self.state.v.width}p0"
        return self.state.b.call(name, self.lanes, arguments)

    def write(self, value: Value) -> None:
        made = self.state.v.to_memory(self.state.v.of(value), VARYING, self.type)
        if self._short:
            scatter(self.state, self.address, self.cell, made)
            return
        name = f"llvm.masked.scatter.{suffix(self.lanes)}.v{self.state.v.width}p0"
        self.state.b.call(name, "void", [(self.lanes, made), *self._places()])

    @property
    def _short(self) -> bool:
        """Whether no processor gathers elements so small: LLVM would make a jump for each lane, in each place."""
        return size_of(self.type) < 4

    def _places(self) -> list[tuple[str, str]]:
        width, mask = self.state.v.width, self.state.mask or "splat (i1 true)"
        return [(f"<{width} x ptr>", places(self.state, self.address)), (f"<{width} x i1>", mask)]


@dataclass(frozen=True)
class _Near(_Scattered):
    """Neighbouring elements for most lanes, any for the others."""

    line: Value

    def read(self) -> str:
        return gather_near(self.state, self.address, self.cell, self.line)


def _access(state: State, address: Address, type: Scalar) -> _Access:
    """Return the cheapest way to touch what an address means for all lanes."""
    index = address.index
    if address.kind == VARYING:
        return _Scattered(state, address, type, VARYING)
    if index is None:
        return _One(state, address, type, address.kind)
    if index.scalar:
        base = first_lane(state, address, index.ir)
        return _One(state, replace(address, base=base, index=None), type, max(address.kind, index.kind))
    if index.line is not None and (either := _probably_neighbours(state, address, type)) is not None:
        return either
    step = index.stride * address.scale if index.kind == LINEAR else 0
    if step == size_of(type):
        return _Row(state, address, type, VARYING)
    if state.mask is None and step in [size_of(type) * count for count in (2, 3, 4)]:
        return _Comb(state, address, type, VARYING)
    return _Scattered(state, address, type, VARYING)


@dataclass(frozen=True)
class _Either(_Access):
    """Neighbouring elements where the lanes' index is the line that it most likely is, else any."""

    row: _Access
    scattered: _Access
    holds: str

    def read(self) -> str:
        slot = self.state.b.slot(self.lanes)

        def take(way: _Access) -> None:
            self.state.b.do(f"store {self.lanes} {way.read()}, ptr {slot}")

        self._branch(take)
        return self.state.b.op(f"load {self.lanes}, ptr {slot}")

    def write(self, value: Value) -> None:
        self._branch(lambda way: way.write(value))

    def _branch(self, take: Callable[[_Access], None]) -> None:
        b = self.state.b
        row, scattered, end = (b.label(hint) for hint in ("row", "scattered", "end"))
        b.branch(self.holds, row, scattered, b.likely())
        b.place(row)
        take(self.row)
        b.jump(end)
        b.place(scattered)
        take(self.scattered)
        b.place(end)


def _probably_neighbours(state: State, address: Address, type: Scalar) -> _Access | None:
    """Return how lanes touch memory of which the index is most likely a line; None if that does not help."""
    assert address.index is not None
    index = state.math.widened(address.index)
    if index.line is None or index.line.stair is not None:
        return None
    linear = Value(index.type, LINEAR, index.line.first, index.line.stride)
    row = _access(state, replace(address, index=linear), type)
    if not isinstance(row, _Row | _Comb):
        return None
    scattered = _Scattered(state, address, type, VARYING)
    if isinstance(row, _Row) and size_of(type) < 4:
        scattered = _Near(state, replace(address, index=index), type, VARYING, linear)
    return _Either(state, address, type, VARYING, row, scattered, index.line.holds)


def _last(state: State, value: Value) -> str:
    """Return the number of the last active thread: the one that wins when all write to one place."""
    lanes, width = state.v.of(value), state.v.width
    shape = state.v.type(value.type)
    if state.mask is None:
        return state.b.op(f"extractelement {shape} {lanes}, i32 {width - 1}")
    bits = state.b.op(f"bitcast {state.v.type('i1')} {state.mask} to i{width}")
    zeros = state.b.call(f"llvm.ctlz.i{width}", f"i{width}", [(f"i{width}", bits), ("i1", "true")])
    lane = state.b.op(f"sub i{width} {width - 1}, {zeros}")
    return state.b.op(f"extractelement {shape} {lanes}, i{width} {lane}")
