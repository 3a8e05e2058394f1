"""Reading and writing memory: one number for all lanes, one wide access for neighbours, else lane by lane."""

from __future__ import annotations

from dataclasses import dataclass, replace

from imgcuda.cpu.arithmetic import suffix
from imgcuda.cpu.state import State
from imgcuda.cpu.types import BOOL, I32, I64, Array, Float, Int, Pointer, Scalar, Struct, memory_ir, offset_of, size_of
from imgcuda.cpu.values import (
    BLOCK,
    LINEAR,

    VARYING,
    Address,
    Aggregate,
    Kind,
    Operand,
    Value,
    constant,
)

# ---- addresses


def advance(state: State, address: Address, index: Value, step: int) -> Address:
    """Return an address moved by `index` elements of `step` bytes."""
    if index.const == 0 and index.kind == BLOCK:
        return address
    if address.private is None and index.scalar:
        wide = state.math.convert(index, I64)
        base = state.b.op(f"getelementptr {_cell(step)}, ptr {address.base}, i64 {_scaled(state, wide.ir, step)}")
        return replace(address, base=base, kind=max(address.kind, index.kind))
    if address.index is None:
        return replace(address, index=index, scale=step)
    if address.scale == step:
        left, right = _same_width(state, address.index, index)
        return replace(address, index=state.math.binary("+", left, right))
    moved = state.math.binary("*", state.math.convert(index, I64), constant(step, I64))
    return replace(address, index=state.math.binary("+", as_bytes(state, address), moved), scale=1)


def as_bytes(state: State, address: Address) -> Value:
    """Return an address's index in bytes."""
    if address.index is None:
        return constant(0, I64)
    return state.math.binary("*", state.math.convert(address.index, I64), constant(address.scale, I64))


def member(state: State, address: Address, name: str) -> Address:
    """Return the address of a structure's field."""
    struct = address.type.target
    assert isinstance(struct, Struct)
    type = dict(struct.fields)[name]
    if address.private is not None:
        return replace(address, type=Pointer(type), path=(*address.path, name))
    base = state.b.op(f"getelementptr i8, ptr {address.base}, i64 {offset_of(struct, name)}")
    return replace(address, type=Pointer(type), base=base)


def _same_width(state: State, left: Value, right: Value) -> tuple[Value, Value]:
    """Return two indices as int if both are, else in 64 bits: a sum of them must not wrap."""
    if left.type == right.type == I32:
        return left, right
    return state.math.convert(left, I64), state.math.convert(right, I64)


def _cell(scale: int) -> str:
    """Return the LLVM type to count in: LLVM's gathers know the sizes that the hardware multiplies by."""
    return f"i{8 * scale}" if scale in (1, 2, 4, 8) else "i8"


def _scaled(state: State, ir: str, scale: int) -> str:
    return ir if scale in (1, 2, 4, 8) else state.b.op(f"mul nsw i64 {ir}, {scale}")


# ---- reading


def load(state: State, address: Address) -> Operand:
    """Return what stands at an address, for the threads that are active."""
    type = address.type.target
    if isinstance(type, Array):
        return replace(address, type=Pointer(type.element))
    if isinstance(type, Struct):
        return _load_struct(state, address, type)
    if not isinstance(type, Int | Float):
        state.refuse(f"reading a {type} from memory")
    return load_scalar(state, address, type)


def load_scalar(state: State, address: Address, type: Scalar) -> Value:
    if address.private is not None:
        return _load_private(state, address, type)
    access = _access(state, address, type)
    made = _from_memory(state, access.read(), access.kind, type)
    return Value(type, access.kind, made)


def _load_struct(state: State, address: Address, type: Struct) -> Operand:
    if state.mask is None and (element := _interleaved(state, address, type)) is not None:
        return _load_interleaved(state, address, type, element)
    return Aggregate(type, {name: load(state, member(state, address, name)) for name, _ in type.fields})


def _load_interleaved(state: State, address: Address, type: Struct, element: Scalar) -> Aggregate:
    """Return neighbouring structures: one wide load, and a shuffle for each field."""
    assert address.index is not None
    count, width = len(type.fields), state.v.width
    cell = memory_ir(element)
    wide = f"<{count * width} x {cell}>"
    made = state.b.op(f"load {wide}, ptr {_element(state, address, address.index.ir)}, align {size_of(element)}")
    fields: dict[str, Operand] = {}
    for position, (name, _) in enumerate(type.fields):
        picks = state.v.numbers([count * lane + position for lane in range(width)], "i32")
        lanes = state.b.op(f"shufflevector {wide} {made}, {wide} poison, {state.v.type('i32')} {picks}")
        fields[name] = Value(element, VARYING, _from_memory(state, lanes, VARYING, element))
    return Aggregate(type, fields)


# ---- writing


def store(state: State, address: Address, value: Operand) -> None:
    """Write a value to an address, for the threads that are active."""
    if isinstance(value, Aggregate):
        _store_struct(state, address, value)
        return
    type = address.type.target
    if not isinstance(value, Value) or not isinstance(type, Int | Float):
        state.refuse(f"writing a {type} to memory")
    value = state.math.convert(value, type)
    if address.private is not None:
        _store_private(state, address, value)
        return
    _access(state, address, type).write(value)


def _store_struct(state: State, address: Address, value: Aggregate) -> None:
    if state.mask is None and (element := _interleaved(state, address, value.type)) is not None:
        _store_interleaved(state, address, value, element)
        return
    for name, field in value.fields.items():
        store(state, member(state, address, name), field)


def _store_interleaved(state: State, address: Address, value: Aggregate, element: Scalar) -> None:
    """Write neighbouring structures: the fields shuffled into one wide store."""
    assert address.index is not None
    width, cell = state.v.width, memory_ir(element)
    parts = [_to_memory(state, state.v.of(state.math.convert(field, element)), VARYING, element)
             for field in value.fields.values() if isinstance(field, Value)]  # fmt: skip
    count, size, joined = len(parts), width, parts[0]
    for part in parts[1:]:
        grown = f"<{size} x {cell}>"
        padded = part if size == width else state.b.op(
            f"shufflevector {state.v.type(cell)} {part}, {state.v.type(cell)} poison, <{size} x i32> "
            f"<{', '.join(f'i32 {lane}' if lane < width else 'i32 poison' for lane in range(size))}>")
        picks = ", ".join(f"i32 {lane}" for lane in range(size + width))
        joined = state.b.op(f"shufflevector {grown} {joined}, {grown} {padded}, <{size + width} x i32> <{picks}>")
        size += width
    wide = f"<{count * width} x {cell}>"
    order = ", ".join(f"i32 {field * width + lane}" for lane in range(width) for field in range(count))
    mixed = state.b.op(f"shufflevector {wide} {joined}, {wide} poison, <{count * width} x i32> <{order}>")
    state.b.do(f"store {wide} {mixed}, ptr {_element(state, address, address.index.ir)}, align {size_of(element)}")


def _interleaved(state: State, address: Address, type: Struct) -> Scalar | None:
    """Return the type of the fields, if neighbouring lanes touch neighbouring structures of equal fields."""
    kinds = {field for _, field in type.fields}
    index = address.index
    if address.private is not None or len(kinds) != 1 or index is None or index.kind != LINEAR or index.stride * address.scale != size_of(type):
        return None
    element = kinds.pop()
    if not isinstance(element, Int | Float) or size_of(type) != len(type.fields) * size_of(element):
        return None
    return element


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
        number = _to_memory(self.state, number, BLOCK, self.type)
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
        made = _to_memory(self.state, self.state.v.of(value), VARYING, self.type)
        place, align, mask = self._place(), size_of(self.type), self.state.mask
        if mask is None:
            self.state.b.do(f"store {self.lanes} {made}, ptr {place}, align {align}")
            return
        arguments = [(self.lanes, made), (f"ptr align {align}", place), (self.state.v.type("i1"), mask)]
        self.state.b.call(f"llvm.masked.store.{suffix(self.lanes)}.p0", "void", arguments)

    def _place(self) -> str:
        assert self.address.index is not None
        return _element(self.state, self.address, self.address.index.ir)


class _Comb(_Access):
    """Every second, third or fourth element, as one channel of interleaved pixels: a wide load and a shuffle."""

    def read(self) -> str:
        assert self.address.index is not None
        step = self.address.index.stride * self.address.scale // size_of(self.type)
        wide = f"<{(self.state.v.width - 1) * step + 1} x {self.cell}>"
        place = _element(self.state, self.address, self.address.index.ir)
        made = self.state.b.op(f"load {wide}, ptr {place}, align {size_of(self.type)}")
        picks = self.state.v.numbers([lane * step for lane in range(self.state.v.width)], "i32")
        return self.state.b.op(f"shufflevector {wide} {made}, {wide} poison, {self.state.v.type('i32')} {picks}")


class _Scattered(_Access):
    """Any element for each lane."""

    def read(self) -> str:
        width = self.state.v.width
        arguments = [(f"<{width} x ptr>", self._places()), (self.state.v.type("i1"), self._mask()), (self.lanes, "zeroinitializer")]
        return self.state.b.call(f"llvm.masked.gather.{suffix(self.lanes)}.v{width}p0", self.lanes, arguments)

    def write(self, value: Value) -> None:
        made, width = _to_memory(self.state, self.state.v.of(value), VARYING, self.type), self.state.v.width
        arguments = [(self.lanes, made), (f"<{width} x ptr>", self._places()), (self.state.v.type("i1"), self._mask())]
        self.state.b.call(f"llvm.masked.scatter.{suffix(self.lanes)}.v{width}p0", "void", arguments)

    def _mask(self) -> str:
        return self.state.mask or "splat (i1 true)"

    def _places(self) -> str:
        return places(self.state, self.address)


def places(state: State, address: Address) -> str:
    """Return the address of each lane, as a vector of pointers."""
    if address.index is None:
        return state.v.splat(address.base, "ptr")
    index, scale = address.index, address.scale
    if index.type != I32 or scale not in (1, 2, 4, 8):
        index = state.math.convert(index, I64)
    lanes = state.v.of(index)
    if scale not in (1, 2, 4, 8):
        lanes = state.b.op(f"mul nsw {state.v.type('i64')} {lanes}, splat (i64 {scale})")
    return state.b.op(f"getelementptr {_cell(scale)}, ptr {address.base}, {state.v.type(index.type)} {lanes}")


def _access(state: State, address: Address, type: Scalar) -> _Access:
    """Return the cheapest way to touch what an address means for all lanes."""
    index = address.index
    if index is None:
        return _One(state, address, type, address.kind)
    if index.scalar:
        base = _element(state, address, index.ir)
        return _One(state, replace(address, base=base, index=None), type, max(address.kind, index.kind))
    step = index.stride * address.scale if index.kind == LINEAR else 0
    if step == size_of(type):
        return _Row(state, address, type, VARYING)
    if state.mask is None and step in [size_of(type) * count for count in (2, 3, 4)]:
        return _CombOrScattered(state, address, type, VARYING)
    return _Scattered(state, address, type, VARYING)


class _CombOrScattered(_Comb, _Scattered):
    """A wide load to read, but element by element to write: what lies between is not ours."""

    read = _Comb.read
    write = _Scattered.write


def _element(state: State, address: Address, index: str) -> str:
    """Return the address of the first lane."""
    assert address.index is not None
    wide = state.math.convert(replace(address.index, ir=index), I64).ir
    return state.b.op(f"getelementptr {_cell(address.scale)}, ptr {address.base}, i64 {_scaled(state, wide, address.scale)}")


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


def _to_memory(state: State, ir: str, kind: Kind, type: Scalar) -> str:
    if type != BOOL:
        return ir
    source, to = (state.v.type("i1"), state.v.type("i8")) if kind == VARYING else ("i1", "i8")
    return state.b.op(f"zext {source} {ir} to {to}")


def _from_memory(state: State, ir: str, kind: Kind, type: Scalar) -> str:
    if type != BOOL:
        return ir
    source, zero = (state.v.type("i8"), "zeroinitializer") if kind == VARYING else ("i8", "0")
    return state.b.op(f"icmp ne {source} {ir}, {zero}")


# ---- each thread's own arrays


def _private_place(state: State, address: Address, type: Scalar) -> str:
    """Return where the vector of an element stands, for an index that is the same for all lanes."""
    assert address.private is not None
    index = state.math.convert(address.index or constant(0), I64)
    slot = address.private.slot(state, address.path)
    return state.b.op(f"getelementptr {state.v.type(memory_ir(type))}, ptr {slot}, i64 {index.ir}")


def _private_lanes(state: State, address: Address, type: Scalar) -> str:
    """Return where each lane's own element stands: element by element, then lane by lane."""
    assert address.private is not None and address.index is not None
    index = state.math.convert(address.index, I64)
    rows = state.math.binary("*", index, constant(state.v.width, I64))
    lanes = state.v.numbers(list(range(state.v.width)), "i64")
    flat = state.b.op(f"add {state.v.type('i64')} {state.v.of(rows)}, {lanes}")
    return state.b.op(f"getelementptr {memory_ir(type)}, ptr {address.private.slot(state, address.path)}, {state.v.type('i64')} {flat}")


def _load_private(state: State, address: Address, type: Scalar) -> Value:
    lanes = state.v.type(memory_ir(type))
    if address.index is None or address.index.scalar:
        made = state.b.op(f"load {lanes}, ptr {_private_place(state, address, type)}")
    else:
        width = state.v.width
        arguments = [(f"<{width} x ptr>", _private_lanes(state, address, type)),
                     (state.v.type("i1"), state.mask or "splat (i1 true)"), (lanes, "zeroinitializer")]  # fmt: skip
        made = state.b.call(f"llvm.masked.gather.{suffix(lanes)}.v{width}p0", lanes, arguments)
    return Value(type, VARYING, _from_memory(state, made, VARYING, type))


def _store_private(state: State, address: Address, value: Value) -> None:
    type, lanes = value.type, state.v.type(memory_ir(value.type))
    made = _to_memory(state, state.v.of(value), VARYING, type)
    assert address.private is not None
    if address.index is not None and not address.index.scalar:
        width = state.v.width
        arguments = [(lanes, made), (f"<{width} x ptr>", _private_lanes(state, address, type)),
                     (state.v.type("i1"), state.mask or "splat (i1 true)")]  # fmt: skip
        state.b.call(f"llvm.masked.scatter.{suffix(lanes)}.v{width}p0", "void", arguments)
        return
    place = _private_place(state, address, type)
    if state.mask is not None and state.divergence(address.private.control) == VARYING:
        old = state.b.op(f"load {lanes}, ptr {place}")
        made = state.v.select(state.mask, made, old, memory_ir(type))
    state.b.do(f"store {lanes} {made}, ptr {place}")
