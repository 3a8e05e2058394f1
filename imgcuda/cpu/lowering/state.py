"""What the compiler knows at a point in a kernel: names in scope, which threads are active, where it stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

from imgcuda.cpu.ir import Builder
from imgcuda.cpu.lowering.variables import Binding, Facts, Key
from imgcuda.cpu.values.arithmetic import Arithmetic
from imgcuda.cpu.values.types import Type
from imgcuda.cpu.values.value import BLOCK, MemoryRegion, Operand, Value, Variability, Vectors
from imgcuda.errors import KernelError, Mistake, PortabilityError
from imgcuda.frontend import syntax
from imgcuda.frontend.source_lines import source_line
from imgcuda.programs.layout import Dim3

if TYPE_CHECKING:
    from imgcuda.cpu.checks.instrument import Checks


@dataclass(frozen=True)
class VariableWrites:
    """What a function does to its variables, by name."""

    set: frozenset[str]
    """Those that it sets other than by declaring them."""
    addressed: frozenset[str]
    """Those whose address it takes."""


ControlPath: TypeAlias = tuple[tuple[Key, Variability], ...]
"""The conditions that lead to a statement, those that are not the same for the whole block."""


@dataclass(frozen=True)
class Unit:
    """A parsed file, with its names resolved."""

    file: str
    text: str
    """The source, for messages that show a line of it."""
    functions: Mapping[str, syntax.Function]
    types: dict[str, Type]
    constants: dict[str, Value]
    """Enumerators."""
    written: dict[syntax.Function, VariableWrites] = field(default_factory=dict)
    """What each function does to its variables, where that was asked."""


@dataclass(frozen=True)
class Handlers:
    """The functions that compile each kind of expression and statement. They need one another, so they are passed on
    rather than imported."""

    expressions: Mapping[type, Callable[[State, Any], Operand]]
    statements: Mapping[type, Callable[[State, Any], None]]


@dataclass(eq=False)
class LoopFrame:
    """A loop or switch being compiled: where `break` and `continue` lead, for all threads or for some."""

    key: Key
    mask: str | None
    """The threads that are in this iteration."""
    end: str
    step: str
    """Empty for a switch, which `continue` passes by."""
    broken: str
    """Memory for the threads that have left."""
    skipped: str
    """Memory for the threads that are done with this iteration."""
    control: ControlPath = ()


@dataclass(eq=False)
class CallFrame:
    """A function being compiled in place of its call."""

    key: Key
    function: syntax.Function
    mask: str | None
    end: str
    returned: str
    """Memory for the threads that have returned."""
    result: Binding | None = None
    control: ControlPath = ()


@dataclass(frozen=True)
class Collecting:
    """Keeps the mistakes that are raised within it, and goes on behind it."""

    mistakes: dict[Mistake, bool]

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> bool:
        if not isinstance(error, KernelError):
            return False
        self.mistakes.update(dict.fromkeys(error.mistakes, isinstance(error, PortabilityError)))
        return True


@dataclass(eq=False)
class State:
    """The compiler at one point. Statements and expressions are functions of it."""

    unit: Unit
    handlers: Handlers
    b: Builder
    v: Vectors
    facts: Facts
    block: Dim3
    scopes: list[dict[str, Binding]] = field(default_factory=lambda: [{}])
    mask: str | None = None
    """The threads that are active; None when all of the vector are."""
    control: ControlPath = ()
    path: tuple[Key, ...] = ()
    """The calls that lead here."""
    loops: list[LoopFrame] = field(default_factory=list)
    calls: list[CallFrame] = field(default_factory=list)
    chunk: str | None = None
    """The number of the vector of threads within the block; None outside the loop over them."""
    chunks: int = 1
    shared: dict[syntax.Declaration, tuple[str, int]] = field(default_factory=dict)
    """The shared memory of a block: for each array in the source its address and bytes."""
    locals: dict[Key, int] = field(default_factory=dict)
    """The bytes of each thread's own arrays and structures in memory that are in scope, callers' too."""
    leader: str | None = None
    """Memory for the number of a vector whose threads have not all returned, where some may have."""
    has_barriers: bool = False
    reserved: set[syntax.Declaration] = field(default_factory=set)
    """The declarations whose memory was reserved outside the loop over threads, in a kernel with barriers."""
    escapes: int = 0
    """How often a `break`, `continue` or `return` was met that some threads take and others do not."""
    place: syntax.Place | None = None
    furthest: syntax.Place | None = None
    """The last statement that the compiler began with."""
    mistakes: dict[Mistake, bool] = field(default_factory=dict)
    """What is wrong with the source, and whether it would run on a GPU."""
    contract: bool = True
    checks: Checks | None = None
    """Set in a checked build."""
    written: set[MemoryRegion] = field(default_factory=set)
    """The global memory that the kernel may write to."""

    def __post_init__(self) -> None:
        self.math = Arithmetic(self.v, self.contract)

    # ---- names

    @contextmanager
    def scope(self, names: dict[str, Binding] | None = None) -> Iterator[None]:
        """Compile what follows in a scope of its own, with these names in it at first."""
        self.scopes.append({} if names is None else names)
        outer, self.locals = self.locals, dict(self.locals)
        try:
            yield
        finally:
            self.scopes.pop()
            self.locals = outer

    def bind(self, name: str, binding: Binding) -> None:
        self.scopes[-1][name] = binding

    def lookup(self, name: str) -> Binding | None:
        for scope in reversed(self.scopes):
            if name in scope:
                return scope[name]
        return self.unit.constants.get(name)

    def key(self, node: object, what: str = "") -> Key:
        """Return what names something of a node across passes, once for each way of calls that leads to it."""
        return (self.path, id(node), what)

    # ---- threads

    @property
    def outside_chunks(self) -> bool:
        """Whether this stands in a kernel with barriers, outside the loops over its vectors of threads."""
        return self.has_barriers and self.chunk is None

    def chunk_element(self, slot: str, type: str) -> str:
        """Return the address of the current vector's element in an array that has one for each."""
        chunk = self.chunk or (self.b.op(f"load i64, ptr {self.leader}") if self.leader else "0")
        return self.b.op(f"getelementptr {type}, ptr {slot}, i64 {chunk}")

    def divergence(self, since: ControlPath) -> Variability:
        """Return how the threads differ in coming here from where the control was `since`."""
        return max((kind for _, kind in self.control[len(since) :]), default=BLOCK)

    @contextmanager
    def under(self, key: Key, kind: Variability, mask: str | None) -> Iterator[None]:
        """Compile what follows under a condition: for the threads of a mask, if they differ in it."""
        saved = self.mask, self.control
        self.mask = mask
        if kind != BLOCK:
            self.control = (*self.control, (key, kind))
        try:
            yield
        finally:
            self.mask, self.control = saved

    @contextmanager
    def unwritten(self) -> Iterator[None]:
        """Compile what follows without writing it: only its type, or its kind, is of interest."""
        outer, self.b.silent = self.b.silent, True
        try:
            yield
        finally:
            self.b.silent = outer

    @contextmanager
    def masked(self, mask: str | None) -> Iterator[None]:
        """Compile what follows for the threads that are left, under the same conditions."""
        saved, self.mask = self.mask, mask
        try:
            yield
        finally:
            self.mask = saved

    def escape_slots(self) -> list[str]:
        """Return the memory of all who have left the innermost loop, iteration or function that is open."""
        frame = self.calls[-1]
        slots = [frame.returned]
        for loop in self.loops:
            slots += [loop.broken, loop.skipped]
        return [slot for slot in slots if slot]

    def exited_lanes(self) -> str:
        """Return who has left the loops and the function that are open here."""
        exited = "zeroinitializer"
        for slot in self.escape_slots():
            exited = self.b.op(f"or {self.v.type('i1')} {self.load_mask(slot)}, {exited}")
        return exited

    def mask_slot(self) -> str:
        """Return memory for a mask, empty at first."""
        slot = self.b.slot(self.v.type("i1"))
        self.clear(slot)
        return slot

    def clear(self, slot: str) -> None:
        self.b.do(f"store {self.v.type('i1')} zeroinitializer, ptr {slot}")

    def load_mask(self, slot: str) -> str:
        return self.b.op(f"load {self.v.type('i1')}, ptr {slot}")

    def add_to(self, slot: str) -> None:
        """Put the threads that are active now into a mask in memory."""
        if self.mask is None:
            self.b.do(f"store {self.v.type('i1')} splat (i1 true), ptr {slot}")
        else:
            both = self.b.op(f"or {self.v.type('i1')} {self.load_mask(slot)}, {self.mask}")
            self.b.do(f"store {self.v.type('i1')} {both}, ptr {slot}")

    # ---- mistakes

    @contextmanager
    def at(self, place: syntax.Place) -> Iterator[None]:
        """Say that what follows is about a place in the source."""
        outer, self.place = self.place, place
        try:
            yield
        finally:
            self.place = outer

    def collecting(self) -> Collecting:
        """Note what is wrong with a part of the source, and go on with the next."""
        return Collecting(self.mistakes)

    def raise_mistakes(self) -> None:
        """Raise what was noted: PortabilityError if all of it would run on a GPU."""
        if self.mistakes:
            raise (PortabilityError if all(self.mistakes.values()) else KernelError)(list(self.mistakes))

    def fail(self, message: str, remedy: str = "", place: syntax.Place | None = None) -> NoReturn:
        """Report a mistake in the source."""
        raise KernelError(self._mistake(message, remedy, place))

    def refuse(self, message: str, remedy: str = "", place: syntax.Place | None = None) -> NoReturn:
        """Report something that CUDA can do and this engine cannot."""
        raise PortabilityError(self._mistake(message, remedy, place))

    def _mistake(self, message: str, remedy: str, place: syntax.Place | None) -> Mistake:
        place = place or self.place
        if place is None:
            return Mistake(message, self.unit.file, remedy=remedy)
        return Mistake(message, place.file, place.line, place.column, self.line_at(place), remedy)

    def line_at(self, place: syntax.Place) -> str:
        """Return a line of the source."""
        return source_line(self.unit.text, self.unit.file, place.file, place.line)
