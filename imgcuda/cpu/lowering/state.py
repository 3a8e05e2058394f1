"""The state of the compiler at a point in a kernel: names in scope, active lanes, enclosing loops and calls."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

from imgcuda.cpu.budget import LOOP, LOOPS
from imgcuda.cpu.ir import Builder
from imgcuda.cpu.lowering.variables import Binding, Facts, Key
from imgcuda.cpu.machine import Machine
from imgcuda.cpu.values.arithmetic import Arithmetic
from imgcuda.cpu.values.types import Type
from imgcuda.cpu.values.value import BLOCK, MemoryRegion, Operand, Value, Variability, Vectors
from imgcuda.errors import KernelError, Mistake, PortabilityError
from imgcuda.frontend import syntax
from imgcuda.frontend.mistakes import EnoughMistakes, Mistakes
from imgcuda.frontend.source_lines import source_line
from imgcuda.programs.layout import Dim3

if TYPE_CHECKING:
    from imgcuda.cpu.checks.instrument import Checks


@dataclass(frozen=True)
class VariableWrites:
    """The variables that a function assigns or takes the address of, by name."""

    set: frozenset[str]
    """The variables that it assigns after their declaration."""
    addressed: frozenset[str]
    """The variables whose address it takes."""


ControlPath: TypeAlias = tuple[tuple[Key, Variability], ...]
"""The divergent conditions that a statement is nested in."""


@dataclass(frozen=True)
class Unit:
    """A translation unit with its names resolved."""

    file: str
    text: str
    """The source, for messages that quote a line of it."""
    functions: Mapping[str, syntax.Function]
    types: dict[str, Type]
    constants: dict[str, Value]
    """Enumerators."""
    defaults: dict[str, dict[str, syntax.Expression | syntax.Initializer]] = field(default_factory=dict)
    """The fields that have a first value of their own, by the structures' names."""
    written: dict[syntax.Function, VariableWrites] = field(default_factory=dict)
    """A cache of the variables that each function assigns."""
    returns: dict[syntax.Function, list[syntax.Return]] = field(default_factory=dict)
    """A cache of the `return`s in each function."""

    def returns_of(self, function: syntax.Function) -> list[syntax.Return]:
        """Return the `return`s in a function."""
        if function not in self.returns:
            self.returns[function] = [each for each in syntax.walk(function.body) if isinstance(each, syntax.Return)]
        return self.returns[function]


@dataclass(frozen=True)
class Handlers:
    """The functions that compile each type of expression and statement. They call each other, so they are passed as a
    table rather than imported."""

    expressions: Mapping[type, Callable[[State, Any], Operand]]
    statements: Mapping[type, Callable[[State, Any], None]]


@dataclass(eq=False)
class LoopFrame:
    """A loop or switch that is being compiled: the targets of `break` and `continue`, and the exited lanes."""

    key: Key
    mask: str | None
    """The lanes that are active in this iteration."""
    end: str
    step: str
    """Empty for a switch, which is no target of `continue`."""
    broken: str
    """Memory for the mask of the lanes that exited by `break`."""
    skipped: str
    """Memory for the mask of the lanes that skip the rest of this iteration."""
    control: ControlPath = ()


@dataclass(eq=False)
class CallFrame:
    """A function that is being inlined."""

    key: Key
    function: syntax.Function
    mask: str | None
    end: str
    returned: str
    """Memory for the mask of the lanes that returned."""
    result: Binding | None = None
    control: ControlPath = ()


@dataclass(frozen=True)
class Collecting:
    """A context that collects the errors raised within it, and continues behind it unless there are enough."""

    mistakes: dict[Mistake, bool]

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> bool:
        if not isinstance(error, KernelError):
            return False
        self.mistakes.update(dict.fromkeys(error.mistakes, isinstance(error, PortabilityError)))
        if len(self.mistakes) >= Mistakes.LIMIT:
            raise EnoughMistakes
        return True


@dataclass(eq=False)
class State:
    """The state of the compiler at one point in a kernel; every function that compiles something takes it."""

    unit: Unit
    handlers: Handlers
    b: Builder
    v: Vectors
    facts: Facts
    block: Dim3
    scopes: list[dict[str, Binding]] = field(default_factory=lambda: [{}])
    mask: str | None = None
    """The lane mask: the active lanes; None if all lanes of the vector are."""
    control: ControlPath = ()
    path: tuple[Key, ...] = ()
    """The chain of calls that leads here."""
    loops: list[LoopFrame] = field(default_factory=list)
    calls: list[CallFrame] = field(default_factory=list)
    chunk: str | None = None
    """The number of the current vector of threads (a chunk of the block); None outside the loop over them."""
    chunks: int = 1
    shared: dict[syntax.Declaration, tuple[str, int]] = field(default_factory=dict)
    """The shared arrays of the block: address and size in bytes."""
    constants: dict[str, tuple[str, int]] = field(default_factory=dict)
    """The constants that a launch sets: address and size in bytes."""
    variables: dict[str, tuple[str, int, bytes]] = field(default_factory=dict)
    """The `__device__` variables of the file: address, size in bytes, and first bytes; all further bytes are 0."""
    pointers: dict[str, tuple[int, int, MemoryRegion]] = field(default_factory=dict)
    """The pointers in structures that the kernel takes, as `m.data`: the argument's position, the offset in the
    structure, and what is pointed to."""
    locals: dict[Key, int] = field(default_factory=dict)
    """The sizes in bytes of the private arrays and structures in scope, those of callers too."""
    leader: str | None = None
    """Memory for the number of a chunk with live threads, where threads may have returned early."""
    has_barriers: bool = False
    reserved: set[syntax.Declaration] = field(default_factory=set)
    """In a kernel with barriers: the declarations with memory that outlives a parallel region."""
    depth: int = 0
    """How many loops are open, those of callers included."""
    walks: Counter[str] = field(default_factory=Counter)
    """How many accesses in loops are of "rows", with lanes as far apart as a launch says, and how many of "others"."""
    sizes: set[int] = field(default_factory=set)
    """The bytes of the elements in memory that vectors are loaded from and stored to."""
    escapes: int = 0
    """The number of divergent `break`s, `continue`s and `return`s compiled so far."""
    exited: set[Key] = field(default_factory=set)
    """The functions and loops of which a divergent exit was compiled: some threads may have left them from there on."""
    place: syntax.Place | None = None
    furthest: syntax.Place | None = None
    """The last statement whose compilation began."""
    mistakes: dict[Mistake, bool] = field(default_factory=dict)
    """The errors found so far, and for each whether the source would run on a GPU."""
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
        """Compile the code within in a new scope, which has the given names at first."""
        self.scopes.append({} if names is None else names)
        outer, self.locals = self.locals, dict(self.locals)
        try:
            yield
        finally:
            self.scopes.pop()
            self.locals = outer

    def bind(self, name: str, binding: Binding) -> None:
        """Declare a name in the innermost scope."""
        self.scopes[-1][name] = binding

    def lookup(self, name: str) -> Binding | None:
        """Return the binding of a name, or of the file's for `::name`; None if not declared."""
        scopes = self.scopes[:1] if name.startswith("::") else self.scopes
        name = name.removeprefix("::")
        for scope in reversed(scopes):
            if name in scope:
                return scope[name]
        return self.unit.constants.get(name)

    def key(self, node: object, what: str = "") -> Key:
        """Return a key that identifies a node in all passes, one for each chain of calls that leads to it."""
        return (self.path, id(node), what)

    @contextmanager
    def one_loop_deeper(self) -> Iterator[None]:
        """Compile what follows as the body of a loop."""
        if self.depth == LOOPS:
            self.refuse(f"more than {LOOPS} loops within each other", "make one loop of some of them")
        self.b.charge(LOOP)
        self.depth += 1
        try:
            yield
        finally:
            self.depth -= 1

    # ---- threads

    @property
    def outside_chunks(self) -> bool:
        """Whether this is a kernel with barriers, at a point outside the loops over threads."""
        return self.has_barriers and self.chunk is None

    def chunk_element(self, slot: str, type: str) -> str:
        """Return the address of the current chunk's element in an array with one element for each chunk."""
        chunk = self.chunk or (self.b.op(f"load i64, ptr {self.leader}") if self.leader else "0")
        return self.b.op(f"getelementptr {type}, ptr {slot}, i64 {chunk}")

    def divergence(self, since: ControlPath) -> Variability:
        """Return how much the threads have diverged since the control path was `since`."""
        return max((kind for _, kind in self.control[len(since) :]), default=BLOCK)

    @contextmanager
    def under(self, key: Key, kind: Variability, mask: str | None) -> Iterator[None]:
        """Compile the code within under a condition, which is of a kind, for the lanes of a mask."""
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
        """Compile the code within without emitting instructions, to find its type or kind."""
        outer, self.b.silent = self.b.silent, True
        try:
            yield
        finally:
            self.b.silent = outer

    @contextmanager
    def masked(self, mask: str | None) -> Iterator[None]:
        """Compile the code within for the lanes of a mask, without a new condition."""
        saved, self.mask = self.mask, mask
        try:
            yield
        finally:
            self.mask = saved

    def escape_slots(self) -> list[str]:
        """Return the slots of the masks of exited lanes, for the current function and all loops in it."""
        frame = self.calls[-1]
        slots = [frame.returned]
        for loop in self.loops:
            slots += [loop.broken, loop.skipped]
        return [slot for slot in slots if slot]

    def exited_lanes(self) -> str:
        """Return the mask of the lanes that exited the current function, or a loop in it."""
        exited = "zeroinitializer"
        for slot in self.escape_slots():
            exited = self.b.op(f"or {self.v.type('i1')} {self.load_mask(slot)}, {exited}")
        return exited

    def mask_slot(self) -> str:
        """Return memory for a lane mask, empty at first."""
        slot = self.b.slot(self.v.type("i1"))
        self.clear(slot)
        return slot

    def clear(self, slot: str) -> None:
        """Clear all lanes of a mask in memory."""
        self.b.do(f"store {self.v.type('i1')} zeroinitializer, ptr {slot}")

    def load_mask(self, slot: str) -> str:
        """Load a lane mask from memory.

        A mask of an array stays in memory. It is loaded as an integer, and frozen so that LLVM does not change that:
        without AVX-512 it would load each lane by itself, in a hundred instructions.
        """
        type, bits = self.v.type("i1"), f"i{self.v.width}"
        if self.b.is_slot(slot):
            return self.b.op(f"load {type}, ptr {slot}")
        whole = self.b.op(f"freeze {bits} {self.b.op(f'load {bits}, ptr {slot}')}")
        if "+avx512f" in Machine.host().features:
            return self.b.op(f"bitcast {bits} {whole} to {type}")
        return self.v.mask_of(whole)

    def add_to(self, slot: str) -> None:
        """Add the active lanes to a mask in memory."""
        if self.mask is None:
            self.b.do(f"store {self.v.type('i1')} splat (i1 true), ptr {slot}")
        else:
            both = self.b.op(f"or {self.v.type('i1')} {self.load_mask(slot)}, {self.mask}")
            self.b.do(f"store {self.v.type('i1')} {both}, ptr {slot}")

    # ---- errors in the source

    @contextmanager
    def at(self, place: syntax.Place) -> Iterator[None]:
        """Set the place in the source that errors raised within refer to."""
        outer, self.place = self.place, place
        try:
            yield
        finally:
            self.place = outer

    def collecting(self) -> Collecting:
        """Return a context that collects errors, so that the compiler continues with the next statement."""
        return Collecting(self.mistakes)

    def raise_mistakes(self) -> None:
        """Raise the collected errors, if any: as PortabilityError if all of the source would run on a GPU."""
        if self.mistakes:
            raise (PortabilityError if all(self.mistakes.values()) else KernelError)(list(self.mistakes))

    def fail(self, message: str, remedy: str = "", place: syntax.Place | None = None) -> NoReturn:
        """Raise KernelError for an error in the source."""
        raise KernelError(self._mistake(message, remedy, place))

    def refuse(self, message: str, remedy: str = "", place: syntax.Place | None = None) -> NoReturn:
        """Raise PortabilityError for code that is valid CUDA but that this engine does not support."""
        raise PortabilityError(self._mistake(message, remedy, place))

    def _mistake(self, message: str, remedy: str, place: syntax.Place | None) -> Mistake:
        place = place or self.place
        if place is None:
            return Mistake(message, self.unit.file, remedy=remedy)
        return Mistake(message, place.file, place.line, place.column, self.line_at(place), remedy)

    def line_at(self, place: syntax.Place) -> str:
        """Return a line of the source."""
        return source_line(self.unit.text, self.unit.file, place.file, place.line)
