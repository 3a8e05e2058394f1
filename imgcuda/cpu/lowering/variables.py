"""Variables: where a thread's values live between statements.

A variable that is set once, where it is declared, is no memory at all: its name stands for the value. The
others get memory of the narrowest kind that all assignments allow. Which that is, is found by compiling a
function repeatedly: each pass notes in `Facts` what did not fit, and the last pass notes nothing.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from imgcuda.cpu.ir import bytes_of
from imgcuda.cpu.values.types import (
    ADDRESS,
    BOOL,
    I64,
    U8,
    ArrayOf,
    Float,
    Int,
    PointerTo,
    Scalar,
    Struct,
    Type,
    memory_ir,
)
from imgcuda.cpu.values.value import (
    AFFINE,
    BLOCK,
    UNIFORM,
    VARYING,
    Address,
    MemoryRegion,
    Operand,
    Value,
    Variability,
    as_narrow,
    constant,
    fits,
)

if TYPE_CHECKING:
    from imgcuda.cpu.lowering.state import State

Key: TypeAlias = Hashable
"""What names a variable across passes: its declaration, and the calls that lead to it."""


@dataclass
class Facts:
    """What earlier passes found out about a kernel."""

    kinds: dict[Key, tuple[Variability, int]] = field(default_factory=dict)
    """A variable's kind, and its stride if that is LINEAR."""
    marks: set[Key] = field(default_factory=set)
    """What else was seen: a variable that is set per vector, a loop that only some threads leave."""
    types: dict[Key, Type] = field(default_factory=dict)
    """The types of expressions, where finding one takes compiling it."""
    rebuilt: dict[Key, Any] = field(default_factory=dict)
    """Expressions of which a part was compiled before, and has a name now."""
    narrow: dict[Key, Int | None] = field(default_factory=dict)
    """The shorter type that a variable's numbers all came from, as the bytes of a picture in an int."""
    changed: bool = False

    def narrow_down(self, key: Key, value: Value) -> None:
        """Note that a variable takes this value, beside those it took before."""
        origin = value.narrow.type if value.narrow else U8 if fits(value.const, U8) else None
        assert not isinstance(origin, Float)
        if key not in self.narrow or self.narrow[key] not in (origin, None):
            self.narrow[key] = None if key in self.narrow else origin
            self.changed = True

    def raise_kind(self, key: Key, kind: Variability, stride: int = 0) -> None:
        """Note that a variable takes values of this kind, beside those it took before."""
        old, old_stride = self.kinds.get(key, (BLOCK, 0))
        if key not in self.kinds:
            new = (kind, stride)
        elif AFFINE in (old, kind) and (old, old_stride) != (kind, stride):
            new = (VARYING, 0)
        else:
            new = (max(old, kind), stride)
        if new != self.kinds.get(key):
            self.kinds[key] = new
            self.changed = True

    def exit_divergence(self, key: Key) -> Variability:
        """Return how the threads differ in when they leave a loop or function early."""
        return (
            VARYING if ("lanes exit", key) in self.marks else UNIFORM if ("vectors exit", key) in self.marks else BLOCK
        )

    def mark(self, key: Key) -> None:
        if key not in self.marks:
            self.marks.add(key)
            self.changed = True


class Variable:
    """A number that a thread sets more than once."""

    def __init__(self, state: State, key: Key, type: Scalar) -> None:
        self.key, self.type = key, type
        self.kind, self.stride = state.facts.kinds.get(key, (BLOCK, 0))
        self.control = state.control
        """Under which conditions it was declared: what is set under further ones is set for some threads only."""
        self.per_chunk = state.outside_chunks and (self.kind != BLOCK or ("per chunk", key) in state.facts.marks)
        self.held = self._held(state)
        self._ir = state.v.type(self.held) if self.kind == VARYING else type.ir
        copies = f"[{state.chunks} x {self._ir}]" if self.per_chunk else self._ir
        self._slot, self._copies = state.b.slot(copies), copies
        self._outside = state.outside_chunks
        self._name = ""
        self._given: Variable | None = None

    def watch(self, state: State, name: str) -> None:
        """In a checked build, report who reads the variable before it was set."""
        self._name, self._given = name, (given := Variable(state, (self.key, "given"), BOOL))
        state.b.do(f"store {given._copies} zeroinitializer, ptr {given._slot}")

    @property
    def watched(self) -> bool:
        return self._given is not None

    def _held(self, state: State) -> Scalar:
        """Return the type in which the numbers are kept: a vector's may be shorter than the variable's."""
        kind = state.facts.kinds.get(self.key, (BLOCK, 0))[0]
        return (state.facts.narrow.get(self.key) if kind == VARYING else None) or self.type

    def read(self, state: State) -> Value:
        if self._given and state.checks:
            state.checks.set_before(self._name, self._given.read(state))
        kind, stride = state.facts.kinds.get(self.key, (BLOCK, 0))
        held = self._held(state)
        if (kind, stride, held) != (self.kind, self.stride, self.held):
            # Found out in this pass, whose code is not kept: what matters is that the kind goes on from here.
            return state.math.convert(Value(held, kind, "poison", stride), self.type)
        made = Value(held, kind, state.b.op(f"load {self._ir}, ptr {self._place(state)}"), stride)
        return state.math.convert(made, self.type)

    def assign(self, state: State, value: Value) -> None:
        """Set the variable for the threads that are active now."""
        if self._given:
            self._given.assign(state, constant(True, BOOL))
        self._note(state, value)
        place = self._place(state)
        if self.kind != VARYING:
            state.b.do(f"store {self._ir} {value.ir if value.kind != VARYING else 'poison'}, ptr {place}")
            return
        made = state.v.of(as_narrow(value, self.held) or value if self.held != self.type else value)
        if state.mask is not None and state.divergence(self.control) == VARYING:
            old = state.b.op(f"load {self._ir}, ptr {place}")
            made = state.v.select(state.mask, made, old, self.held.ir)
        state.b.do(f"store {self._ir} {made}, ptr {place}")

    def _note(self, state: State, value: Value) -> None:
        divergence = state.divergence(self.control)
        if isinstance(self.type, Int) and self.type.bits > 8:
            state.facts.narrow_down(self.key, value)
        if divergence == VARYING:
            state.facts.raise_kind(self.key, VARYING)
        else:
            state.facts.raise_kind(self.key, value.kind, value.stride)
            if divergence == UNIFORM and value.kind == BLOCK:
                state.facts.raise_kind(self.key, UNIFORM)
        if self._outside and not state.outside_chunks:
            state.facts.mark(("per chunk", self.key))

    def _place(self, state: State) -> str:
        return state.chunk_element(self._slot, self._ir) if self.per_chunk else self._slot


class PointerVariable:
    """A pointer that a thread sets more than once: a base, one for all threads if it can be, and an index for each."""

    def __init__(self, state: State, key: Key, type: PointerTo) -> None:
        self.key, self.type = key, type
        self.base = Variable(state, (key, "base"), ADDRESS)
        self.index = Variable(state, (key, "index"), I64)
        self._target: Address | None = None
        """The last address assigned: what is the same for all that may be."""

    def read(self, state: State) -> Operand:
        index = self.index.read(state)
        target = self._target
        if target is not None and target.private is not None:
            return replace(target, type=self.type, index=index, scale=1)
        base = self.base.read(state)
        several = ("several", self.key) in state.facts.marks
        memory = target.memory if target and not several else MemoryRegion("", "global")
        return Address(self.type, base.ir, base.kind, memory, index, 1)

    def assign(self, state: State, value: Operand) -> None:
        assert isinstance(value, Address)
        old = self._target
        if old and (old.private and old.private.key, old.path) != (value.private and value.private.key, value.path):
            state.refuse("a pointer that points to a thread's own variable now and to something else then",
                         "use two pointers, or one array and an offset into it")  # fmt: skip
        if old and old.memory != value.memory:
            state.facts.mark(("several", self.key))
        self._target = value
        if value.private is None:
            self.base.assign(state, Value(ADDRESS, value.kind, value.base))
        self.index.assign(state, state.math.offset(value))


@dataclass
class StructVariable:
    """A structure that a thread sets field by field."""

    type: Struct
    fields: dict[str, Binding]


@dataclass(frozen=True)
class Reference:
    """A name for something in memory: an array, a shared variable, what a C++ reference refers to."""

    address: Address

    @property
    def type(self) -> Type:
        return self.address.type.target


class Private:
    """Memory of each thread's own, for an array or what a pointer points to: element by element, a vector each."""

    def __init__(self, state: State, element: Type, count: int, key: Key) -> None:
        self.key = key
        self.control = state.control
        self._outside = state.outside_chunks
        self._slots: dict[tuple[str, ...], tuple[str, str]] = {}
        self._written: dict[tuple[str, ...], tuple[str, str, int]] = {}
        for path, type, inner in scalar_leaves(element):
            size = count * inner
            rows = f"[{size + bool(state.checks)} x {state.v.type(memory_ir(type))}]"  # a spare one for who goes beyond
            self._slots[path] = (self._reserve(state, rows)[0], rows)
            if state.checks:
                flags = f"[{size} x {state.v.type('i8')}]"
                slot, whole = self._reserve(state, flags)
                state.b.zero(slot, bytes_of(whole))
                self._written[path] = (slot, flags, size)

    def _reserve(self, state: State, rows: str) -> tuple[str, str]:
        whole = f"[{state.chunks} x {rows}]" if self._outside else rows
        return state.b.slot(whole, 64), whole

    def slot(self, state: State, path: tuple[str, ...]) -> str:
        """Return the address of the vectors of one field, for the chunk of threads being compiled."""
        slot, rows = self._slots[path]
        return state.chunk_element(slot, rows) if self._outside else slot

    def watched(self, state: State, path: tuple[str, ...]) -> tuple[int, str]:
        """Return, in a checked build, how many elements there are, and memory that says which were written."""
        slot, flags, size = self._written[path]
        return size, state.chunk_element(slot, flags) if self._outside else slot


Binding: TypeAlias = Operand | Variable | PointerVariable | StructVariable | Reference


def scalar_leaves(type: Type, path: tuple[str, ...] = (), count: int = 1) -> list[tuple[tuple[str, ...], Scalar, int]]:
    """Return the numbers that a type consists of: the fields that lead to each, its type, and how many there are."""
    if isinstance(type, ArrayOf):
        return scalar_leaves(type.element, path, count * type.size)
    if isinstance(type, Struct):
        return [leaf for name, field in type.fields for leaf in scalar_leaves(field, (*path, name), count)]
    assert isinstance(type, Int | Float)
    return [(path, type, count)]
