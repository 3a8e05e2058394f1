"""Variables of a thread: how their values are stored between statements.

A variable that is set once, at its declaration, needs no memory: its name is bound to the value. Any other gets memory
of the least general kind that all assignments allow: uniform, affine or varying. To find the kinds, a kernel is
compiled repeatedly: each pass records in `Facts` which kinds were too narrow, until a pass records nothing new. That is
an iterative dataflow analysis, with the compiler as its transfer function.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from imgcuda.cpu.budget import TooMuch
from imgcuda.cpu.ir import bytes_of
from imgcuda.cpu.values.bounds import union
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
    UNBOUNDED,
    UNIFORM,
    VARYING,
    Address,
    Bounds,
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
"""Identifies a variable in all passes: its declaration, and the chain of calls that leads to it."""


@dataclass
class Facts:
    """The facts about a kernel that earlier passes found."""

    kinds: dict[Key, tuple[Variability, int]] = field(default_factory=dict)
    """The kind of each variable, and the stride if it is AFFINE."""
    marks: set[Key] = field(default_factory=set)
    """Other facts: a variable is stored per chunk, some lanes exit a loop early."""
    types: dict[Key, Type] = field(default_factory=dict)
    """A cache of the types of expressions."""
    rebuilt: dict[Key, Any] = field(default_factory=dict)
    """Nodes from which barriers were extracted: all passes use the same new node."""
    narrow: dict[Key, Int | None] = field(default_factory=dict)
    """The shorter type that all values of a variable were widened from, like bytes of an image in an int."""
    bounds: dict[Key, Bounds] = field(default_factory=dict)
    """The bounds of all values of a variable that holds floats."""
    _met: set[Key] = field(default_factory=set)
    """The variables whose bounds were first recorded in this pass."""
    changed: bool = False
    settled: bool = False
    """Whether there is no time for another pass."""

    def begin_pass(self) -> None:
        """Reset the flags of the pass before."""
        self.changed = False
        self._met.clear()

    def _change(self) -> None:
        if self.settled:
            raise TooMuch(
                "values go through too many variables from one round of a loop to the next",
                "keep them in an array, and move them with a loop",
            )
        self.changed = True

    def narrow_down(self, key: Key, value: Value) -> None:
        """Record the shorter type of a value that is assigned to a variable."""
        origin = value.narrow.type if value.narrow else U8 if fits(value.const, U8) else None
        assert not isinstance(origin, Float)
        if key not in self.narrow or self.narrow[key] not in (origin, None):
            self.narrow[key] = None if key in self.narrow else origin
            self._change()

    def widen(self, key: Key, value: Value, looped: bool) -> None:
        """Record the bounds of a float that is assigned to a variable.

        In a loop they could grow in every pass. So they are only joined in the pass that meets the variable first.
        """
        known = self.bounds.get(key)
        made = UNBOUNDED if looped else value.bounds
        joined = made if known is None else union(known, made)
        if joined != known:
            new = known is None or key in self._met
            self.bounds[key] = joined if new else UNBOUNDED
            self._met.add(key)
            self._change()

    def raise_kind(self, key: Key, kind: Variability, stride: int = 0) -> None:
        """Record the kind of a value that is assigned to a variable: its kind becomes the join of both."""
        old, old_stride = self.kinds.get(key, (BLOCK, 0))
        if key not in self.kinds:
            new = (kind, stride)
        elif AFFINE in (old, kind) and (old, old_stride) != (kind, stride):
            new = (VARYING, 0)
        else:
            new = (max(old, kind), stride)
        if new != self.kinds.get(key):
            self.kinds[key] = new
            self._change()

    def exit_divergence(self, key: Key) -> Variability:
        """Return whether lanes exit a loop or function at different times (VARYING), or vectors do (UNIFORM)."""
        return (
            VARYING if ("lanes exit", key) in self.marks else UNIFORM if ("vectors exit", key) in self.marks else BLOCK
        )

    def mark(self, key: Key) -> None:
        """Record a fact."""
        if key not in self.marks:
            self.marks.add(key)
            self._change()


class Variable:
    """A variable with a number that a thread assigns more than once."""

    def __init__(self, state: State, key: Key, type: Scalar) -> None:
        self.key, self.type = key, type
        self.kind, self.stride = state.facts.kinds.get(key, (BLOCK, 0))
        self.control = state.control
        """The control path of its declaration: an assignment under further conditions needs a mask."""
        self._depth = state.depth
        self.per_chunk = state.outside_chunks and (self.kind != BLOCK or ("per chunk", key) in state.facts.marks)
        self.held = self._held(state)
        self._ir = state.v.type(self.held) if self.kind == VARYING else type.ir
        copies = f"[{state.chunks} x {self._ir}]" if self.per_chunk else self._ir
        self._slot, self._copies = state.b.slot(copies), copies
        self._outside = state.outside_chunks
        self._name = ""
        self._given: Variable | None = None

    def watch(self, state: State, name: str) -> None:
        """Track, in a checked build, which threads have set the variable, to report reads of it before that."""
        self._name, self._given = name, (given := Variable(state, (self.key, "given"), BOOL))
        state.b.do(f"store {given._copies} zeroinitializer, ptr {given._slot}")

    @property
    def watched(self) -> bool:
        """Whether reads before the first assignment are reported."""
        return self._given is not None

    def _held(self, state: State) -> Scalar:
        """Return the type in which the numbers are stored: for a vector it may be shorter than the variable's."""
        kind = state.facts.kinds.get(self.key, (BLOCK, 0))[0]
        return (state.facts.narrow.get(self.key) if kind == VARYING else None) or self.type

    def read(self, state: State) -> Value:
        if self._given and state.checks:
            state.checks.set_before(self._name, self._given.read(state))
        kind, stride = state.facts.kinds.get(self.key, (BLOCK, 0))
        bounds = state.facts.bounds.get(self.key, UNBOUNDED)
        held = self._held(state)
        if (kind, stride, held) != (self.kind, self.stride, self.held):
            # The kind changed in this pass, so its code is dropped; but the new kind must propagate from here.
            return state.math.convert(Value(held, kind, "poison", stride, bounds=bounds), self.type)
        made = Value(held, kind, state.b.op(f"load {self._ir}, ptr {self._place(state)}"), stride, bounds=bounds)
        return state.math.convert(made, self.type)

    def assign(self, state: State, value: Value) -> None:
        """Assign to the variable, for the active threads."""
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
        if isinstance(self.type, Float):
            state.facts.widen(self.key, value, state.depth > self._depth)
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
    """A pointer that a thread assigns more than once: a base, which is uniform if possible, and an index."""

    def __init__(self, state: State, key: Key, type: PointerTo) -> None:
        self.key, self.type = key, type
        self.base = Variable(state, (key, "base"), ADDRESS)
        self.index = Variable(state, (key, "index"), I64)
        self._target: Address | None = None
        """The last address assigned, for the properties that all of its addresses share."""

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
    """A structure variable without arrays, or with pointers: one variable for each field."""

    type: Struct
    fields: dict[str, Binding]


@dataclass(frozen=True)
class Reference:
    """A name that is bound to an address: an array, a shared variable, the target of a C++ reference."""

    address: Address

    @property
    def type(self) -> Type:
        return self.address.type.target


@dataclass(frozen=True)
class PointerValue:
    """A pointer in a structure that is a value: it is read, and not what it points to."""

    address: Address

    @property
    def type(self) -> Type:
        return self.address.type


class Private:
    """Private memory of each thread, for an array or an addressed variable: one vector for each element."""

    def __init__(self, state: State, element: Type, count: int, key: Key) -> None:
        self.key = key
        self.control = state.control
        self._outside = state.outside_chunks
        self._slots: dict[tuple[str, ...], tuple[str, str]] = {}
        self._written: dict[tuple[str, ...], tuple[str, str, int]] = {}
        for path, type, inner in scalar_leaves(element):
            size = count * inner
            rows = f"[{size + bool(state.checks)} x {state.v.type(memory_ir(type))}]"  # + 1 for accesses out of bounds
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
        """Return the address of the vectors of one field, for the current chunk of threads."""
        slot, rows = self._slots[path]
        return state.chunk_element(slot, rows) if self._outside else slot

    def watched(self, state: State, path: tuple[str, ...]) -> tuple[int, str]:
        """Return, in a checked build, the number of elements, and memory that says which were written."""
        slot, flags, size = self._written[path]
        return size, state.chunk_element(slot, flags) if self._outside else slot


Binding: TypeAlias = Operand | Variable | PointerVariable | StructVariable | Reference | PointerValue


def scalar_leaves(type: Type, path: tuple[str, ...] = (), count: int = 1) -> list[tuple[tuple[str, ...], Scalar, int]]:
    """Return the scalars that a type consists of: for each the path of fields, the type and the count."""
    if isinstance(type, ArrayOf):
        return scalar_leaves(type.element, path, count * type.size)
    if isinstance(type, Struct):
        return [leaf for name, field in type.fields for leaf in scalar_leaves(field, (*path, name), count)]
    assert isinstance(type, Int | Float)
    return [(path, type, count)]
