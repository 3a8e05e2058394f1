"""Memory accesses of a vector: uniform, contiguous (one wide access), strided, or gather and scatter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from imgcuda.cpu.lowering.state import State
from imgcuda.cpu.machine import Machine
from imgcuda.cpu.memory.addresses import first_lane, lane_addresses
from imgcuda.cpu.memory.gathers import gather, gather_mostly_contiguous, scatter
from imgcuda.cpu.memory.lookups import is_lookup, lookup
from imgcuda.cpu.memory.masked_bytes import are_slow, masked_load, masked_store
from imgcuda.cpu.memory.pitched_accesses import load_one_by_one, pitched_load, pitched_store, store_one_by_one
from imgcuda.cpu.memory.strided import longest_load_stride, longest_store_stride, strided_load, strided_store
from imgcuda.cpu.values.conversions import suffix
from imgcuda.cpu.values.types import U32, Scalar, memory_ir, size_of
from imgcuda.cpu.values.value import AFFINE, BLOCK, VARYING, Address, Value, Variability


@dataclass(frozen=True)
class Access:
    """A load or store of one element for each lane, or of one element for all lanes."""

    state: State
    address: Address
    type: Scalar
    kind: Variability
    """The kind of the value that a load returns."""

    @property
    def cell(self) -> str:
        """The LLVM type of one element in memory."""
        return memory_ir(self.type)

    @property
    def lanes(self) -> str:
        """The LLVM type of a vector of elements in memory."""
        return self.state.v.type(self.cell)

    def read(self) -> str:
        """Emit the load for the active lanes, and return its result."""
        raise NotImplementedError

    def write(self, value: Value) -> None:
        """Emit the store for the active lanes."""
        raise NotImplementedError


class _UniformAccess(Access):
    """One element for all lanes. The code runs only while some lane is active, so it needs no mask."""

    def read(self) -> str:
        return self.state.b.op(f"load {self.cell}, ptr {self.address.base}, align {size_of(self.type)}")

    def write(self, value: Value) -> None:
        number = value.ir if value.scalar else _last(self.state, value)
        number = self.state.v.to_memory(number, BLOCK, self.type)
        self.state.b.do(f"store {self.cell} {number}, ptr {self.address.base}, align {size_of(self.type)}")


class _ContiguousAccess(Access):
    """Contiguous elements, one for each lane: one wide access."""

    def read(self) -> str:
        place, align, mask = self._place(), size_of(self.type), self.state.mask
        if mask is None:
            return self.state.b.op(f"load {self.lanes}, ptr {place}, align {align}")
        if are_slow(size_of(self.type)):
            return masked_load(self.state, place, self.cell, size_of(self.type))
        arguments = [(f"ptr align {align}", place), (self.state.v.type("i1"), mask), (self.lanes, "zeroinitializer")]
        return self.state.b.call(f"llvm.masked.load.{suffix(self.lanes)}.p0", self.lanes, arguments)

    def write(self, value: Value) -> None:
        made = self.state.v.to_memory(self.state.v.of(value), VARYING, self.type)
        place, align, mask = self._place(), size_of(self.type), self.state.mask
        if mask is None:
            self.state.b.do(f"store {self.lanes} {made}, ptr {place}, align {align}")
            return
        if are_slow(size_of(self.type)):
            masked_store(self.state, place, self.cell, made)
            return
        arguments = [(self.lanes, made), (f"ptr align {align}", place), (self.state.v.type("i1"), mask)]
        self.state.b.call(f"llvm.masked.store.{suffix(self.lanes)}.p0", "void", arguments)

    def _place(self) -> str:
        assert self.address.index is not None
        return first_lane(self.state, self.address, self.address.index.ir)


class _GatherScatter(Access):
    """Any element for each lane: gather and scatter."""

    def read(self) -> str:
        if self._slow:
            return gather(self.state, self.address, self.cell)
        arguments = [*self._places(), (self.lanes, "zeroinitializer")]
        name = f"llvm.masked.gather.{suffix(self.lanes)}.v{self.state.v.width}p0"
        return self.state.b.call(name, self.lanes, arguments)

    def write(self, value: Value) -> None:
        made = self.state.v.to_memory(self.state.v.of(value), VARYING, self.type)
        if self._slow:
            scatter(self.state, self.address, self.cell, made)
            return
        name = f"llvm.masked.scatter.{suffix(self.lanes)}.v{self.state.v.width}p0"
        self.state.b.call(name, "void", [(self.lanes, made), *self._places()])

    @property
    def _slow(self) -> bool:
        """Whether the processor has no instruction for it: LLVM would load or store, and branch, for each lane."""
        masked = self.state.mask is not None and "+avx512f" not in Machine.host().features
        return size_of(self.type) < 4 or masked

    def _places(self) -> list[tuple[str, str]]:
        width, mask = self.state.v.width, self.state.mask or "splat (i1 true)"
        return [(f"<{width} x ptr>", lane_addresses(self.state, self.address)), (f"<{width} x i1>", mask)]


@dataclass(frozen=True)
class _TableAccess(_GatherScatter):
    """Any element of an array of 256 bytes for each lane."""

    def read(self) -> str:
        return lookup(self.state, self.address)


@dataclass(frozen=True)
class _StridedAccess(_GatherScatter):
    """Every second, third ... element, like one channel of interleaved pixels: wide accesses and shuffles.

    The stride may be negative.
    """

    def read(self) -> str:
        if abs(self._step) > longest_load_stride(size_of(self.type)):
            return load_one_by_one(self.state, self._apart(), self.cell, size_of(self.type))
        return strided_load(self.state, self._place(), self.cell, size_of(self.type), self._step)

    def write(self, value: Value) -> None:
        made = self.state.v.to_memory(self.state.v.of(value), VARYING, self.type)
        if abs(self._step) > longest_store_stride(size_of(self.type)):
            store_one_by_one(self.state, self._apart(), self.cell, size_of(self.type), made)
            return
        strided_store(self.state, self._place(), self.cell, size_of(self.type), self._step, made)

    def _apart(self) -> list[str]:
        """Return the addresses of the lanes."""
        first, b, lanes = self._place(), self.state.b, range(self.state.v.width)
        return [b.op(f"getelementptr {self.cell}, ptr {first}, i64 {lane * self._step}") for lane in lanes]

    @property
    def _step(self) -> int:
        assert self.address.index is not None
        return self.address.index.stride * self.address.scale // size_of(self.type)

    def _place(self) -> str:
        assert self.address.index is not None
        return first_lane(self.state, self.address, self.address.index.ir)


@dataclass(frozen=True)
class _MostlyContiguous(_GatherScatter):
    """Contiguous elements for most lanes, any element for the others."""

    contiguous: Value
    """The index if all lanes were contiguous."""

    def read(self) -> str:
        return gather_mostly_contiguous(self.state, self.address, self.cell, self.contiguous)


@dataclass(frozen=True)
class _PitchedAccess(_GatherScatter):
    """Elements that are as far apart as a launch says: one by one, without a vector of addresses."""

    def read(self) -> str:
        return pitched_load(self.state, self.address, self.cell, size_of(self.type))

    def write(self, value: Value) -> None:
        made = self.state.v.to_memory(self.state.v.of(value), VARYING, self.type)
        pitched_store(self.state, self.address, self.cell, size_of(self.type), made)


def gather_words(state: State, address: Address) -> str:
    """Emit a gather of 32 bits from each lane's address on, and return them; it need not be a multiple of four."""
    return _GatherScatter(state, address, U32, VARYING).read()


def access(state: State, address: Address, type: Scalar) -> Access:
    """Return the cheapest access that is correct for an address."""
    made = _cheapest(state, address, type)
    if not isinstance(made, _UniformAccess):
        state.sizes.add(size_of(type))
    if state.depth and not isinstance(made, _UniformAccess):
        pitched = address.index is not None and address.index.pitched is not None
        state.walks["rows" if pitched else "others"] += 1
    return made


def _cheapest(state: State, address: Address, type: Scalar) -> Access:
    index = address.index
    if address.kind == VARYING:
        return _GatherScatter(state, address, type, VARYING)
    if index is None:
        return _UniformAccess(state, address, type, address.kind)
    if index.scalar:
        base = first_lane(state, address, index.ir)
        return _UniformAccess(state, replace(address, base=base, index=None), type, max(address.kind, index.kind))
    if index.affine is not None and (either := _guarded_contiguous(state, address, type)) is not None:
        return either
    step = index.stride * address.scale if index.kind == AFFINE else 0
    if step == size_of(type):
        return _ContiguousAccess(state, address, type, VARYING)
    if state.mask is None and step and step % size_of(type) == 0:
        return _StridedAccess(state, address, type, VARYING)
    if is_lookup(address, type):
        return _TableAccess(state, address, type, VARYING)
    apart = index.pitched is not None and state.mask is None
    return (_PitchedAccess if apart else _GatherScatter)(state, address, type, VARYING)


@dataclass(frozen=True)
class _GuardedAccess(Access):
    """A contiguous or strided access where the index equals its affine form, else a gather or scatter."""

    row: Access
    scattered: Access
    guard: str

    def read(self) -> str:
        """Emit both loads behind a branch on the guard."""
        slot = self.state.b.slot(self.lanes)

        def take(chosen: Access) -> None:
            self.state.b.do(f"store {self.lanes} {chosen.read()}, ptr {slot}")

        self._branch(take)
        return self.state.b.op(f"load {self.lanes}, ptr {slot}")

    def write(self, value: Value) -> None:
        self._branch(lambda chosen: chosen.write(value))

    def _branch(self, take: Callable[[Access], None]) -> None:
        b = self.state.b
        row, scattered, end = (b.label(hint) for hint in ("row", "scattered", "end"))
        b.branch(self.guard, row, scattered, b.likely())
        b.place(row)
        take(self.row)
        b.jump(end)
        b.place(scattered)
        take(self.scattered)
        b.place(end)


def _guarded_contiguous(state: State, address: Address, type: Scalar) -> Access | None:
    """Return a guarded access for an index with a speculative affine form; None if that gains nothing."""
    assert address.index is not None
    index = state.math.widened(address.index)
    if index.affine is None or index.affine.quotient is not None:
        return None
    linear = Value(index.type, AFFINE, index.affine.first, index.affine.stride)
    row = access(state, replace(address, index=linear), type)
    if not isinstance(row, _ContiguousAccess | _StridedAccess):
        return None
    scattered = _GatherScatter(state, address, type, VARYING)
    if isinstance(row, _ContiguousAccess) and size_of(type) < 4:
        scattered = _MostlyContiguous(state, replace(address, index=index), type, VARYING, linear)
    return _GuardedAccess(state, address, type, VARYING, row, scattered, index.affine.guard)


def _last(state: State, value: Value) -> str:
    """Return the value of the last active lane, which is the one that remains when all write to one address."""
    lanes, width = state.v.of(value), state.v.width
    shape = state.v.type(value.type)
    if state.mask is None:
        return state.b.op(f"extractelement {shape} {lanes}, i32 {width - 1}")
    bits = state.b.op(f"bitcast {state.v.type('i1')} {state.mask} to i{width}")
    zeros = state.b.call(f"llvm.ctlz.i{width}", f"i{width}", [(f"i{width}", bits), ("i1", "true")])
    lane = state.b.op(f"sub i{width} {width - 1}, {zeros}")
    return state.b.op(f"extractelement {shape} {lanes}, i{width} {lane}")
