"""Compiles a kernel to an LLVM function: a loop over blocks, in it a loop over the vectors of threads of a block."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from math import inf

from imgcuda.cpu import budget
from imgcuda.cpu.budget import LOOPED, PASSES_INSTRUCTIONS, WIDE, TooMuch, TooWide
from imgcuda.cpu.checks.instrument import Checks, known
from imgcuda.cpu.ir import Builder
from imgcuda.cpu.lowering.accumulators import accumulators
from imgcuda.cpu.lowering.barriers import ParallelRegions
from imgcuda.cpu.lowering.block_values import declare_once
from imgcuda.cpu.lowering.file_scope import declare_file
from imgcuda.cpu.lowering.handlers import HANDLERS
from imgcuda.cpu.lowering.inline import own
from imgcuda.cpu.lowering.names import may_be_changed, resolve_type
from imgcuda.cpu.lowering.printf_format import PRINTF
from imgcuda.cpu.lowering.sequences import compile_sequence
from imgcuda.cpu.lowering.side_effects import has_barrier
from imgcuda.cpu.lowering.state import CallFrame, State, Unit
from imgcuda.cpu.lowering.variables import Facts, Reference
from imgcuda.cpu.lowering.warps import uses_warps, warp_width
from imgcuda.cpu.machine import Machine
from imgcuda.cpu.memory.pitched_accesses import FEW
from imgcuda.cpu.module import Compiled, is_sized_by_launch, module
from imgcuda.cpu.summed_arrays import LARGEST
from imgcuda.cpu.values.types import DIM3, U32, VECTORS, Float, Int, PointerTo, Struct, Type, offset_of, size_of
from imgcuda.cpu.values.value import AFFINE, BLOCK, UNIFORM, Address, Aggregate, MemoryRegion, Value, Vectors, constant
from imgcuda.errors import KernelError, did_you_mean
from imgcuda.frontend import syntax
from imgcuda.frontend.mistakes import EnoughMistakes
from imgcuda.programs.layout import VECTOR, Dim3

NARROWEST = 16
"""The longest vectors that are never halved, however large a kernel is."""

LITTLE = 500
"""The most instructions of a kernel that may have longer vectors, since it moves bytes and does little more."""

_WIDEST = 8
"""Bytes of the largest number."""

_ONE = syntax.NumberLiteral(1, "unsigned int", syntax.Place("", 0, 0))
"""The size of a `dim3` along an axis for which none is given."""

_LONG = "long"
"""Marks a kernel of more than LOOPED instructions."""

_INDICES = {"threadIdx": VECTORS["uint3"], "blockIdx": VECTORS["uint3"], "blockDim": DIM3, "gridDim": DIM3}


def lower(
    file: syntax.TranslationUnit,
    functions: Mapping[str, syntax.Function],
    name: str,
    text: str,
    kernel: str,
    block: Dim3,
    width: int,
    contract: bool = True,
    checked: bool = False,
) -> Compiled:
    """Return a kernel of a file for blocks of one size, with `width` threads to a vector; `checked` has it checked.

    `functions` has the file's functions by the names that calls have for them.
    """

    def compiled(width: int, most: float = inf, fewest: int = FEW) -> Compiled:
        facts, done = Facts(), 0
        while True:  # each pass but the last makes the kind of some variable more general
            facts.begin_pass()
            b = Builder(most)
            work = _KernelCompiler(b, file, functions, name, text, facts, block, width, contract, checked)
            made = _within_budget(work, kernel)
            if not facts.changed:
                fitting = _fitting_width(work, width, fewest)
                return made if fitting == width else compiled(fitting, most, fitting)
            done += b.count
            facts.settled = done > PASSES_INSTRUCTIONS

    if kernel in functions and uses_warps(functions[kernel].body, functions):
        whole = warp_width(width, block, name, kernel)
        return compiled(whole, fewest=whole)
    with suppress(TooWide):
        return compiled(width, WIDE if width > NARROWEST else inf)
    return compiled(width // 2)


def _fitting_width(work: _KernelCompiler, width: int, fewest: int) -> int:
    """Return the width of vectors that suits what a kernel does; not below `fewest`, and `width` if that equals it."""
    if width > fewest and work.walks_rows:
        return fewest
    longer = 2 * width
    may = width > fewest and width == Machine.host().width and work.state.block.x % longer == 0
    return longer if may and longer == VECTOR and work.moves_bytes else width


def _within_budget(work: _KernelCompiler, kernel: str) -> Compiled:
    """Compile a kernel; if it exceeds the compile budget, report where."""
    state = work.state
    try:
        return work.compile(kernel)
    except EnoughMistakes:
        state.raise_mistakes()
        raise
    except TooMuch as error:
        state.fail(f"{kernel} is too large for the CPU engine: {error}", error.remedy, state.furthest)
    except RecursionError:
        remedy = "use variables for parts of it, or functions"
        state.fail(f"{kernel} is nested too deeply for the CPU engine here", remedy, state.furthest)


class _KernelCompiler:
    """Compiles a kernel once, with the facts that earlier passes found."""

    def __init__(
        self,
        b: Builder,
        file: syntax.TranslationUnit,
        functions: Mapping[str, syntax.Function],
        name: str,
        text: str,
        facts: Facts,
        block: Dim3,
        width: int,
        contract: bool,
        checked: bool,
    ) -> None:
        self.b = b
        unit = Unit(name, text, functions, {}, {}, {DIM3.name: dict.fromkeys("xyz", _ONE)})
        self.state = State(unit, HANDLERS, self.b, Vectors(self.b, width), facts, block, contract=contract)
        self.across = -(-block.x // width)
        """The number of vectors in one row of the block."""
        self.state.chunks = self.across * block.y * block.z
        self.partial = block.x % width != 0
        self.looped = checked or _LONG not in facts.marks
        """Whether the loop over blocks stands in the kernel, and not around calls of it."""
        self.state.checks = self.checks = Checks(self.state, self.across) if checked else None
        self.file = file

    @property
    def walks_rows(self) -> bool:
        """Whether most accesses in its loops are of threads that walk along one row each."""
        walks = self.state.walks
        return not self.checks and walks["rows"] > walks["others"]

    @property
    def moves_bytes(self) -> bool:
        """Whether it does little more than to move bytes: two registers of them are one line of a cache."""
        state = self.state
        little = self.b.count < LITTLE and not state.has_barriers and not state.v.floats
        return not self.checks and little and state.sizes == {1}

    def compile(self, name: str) -> Compiled:
        """Return the kernel in LLVM IR."""
        state, function = self.state, self._kernel(name)
        state.calls.append(CallFrame(state.key(function), function, None, "", ""))
        declare_file(state, self.file)
        parameters = tuple(resolve_type(state, parameter.type) for parameter in function.parameters)
        state.has_barriers = has_barrier(state, function.body)
        with state.scope():
            arguments = self._bind_parameters(function, parameters)
            arguments += [f"ptr noalias {place}" for place, _ in state.constants.values()]
            arguments += [f"ptr {place}" for place, _, _ in state.variables.values()]
            self._blocks(function)
        state.raise_mistakes()
        checklist = self.checks.checklist if self.checks else None
        heap = self.b.to_heap(budget.STACK)
        if heap > budget.HEAP:
            remedy = "make its arrays smaller, or launch smaller blocks"
            raise KernelError(f"{state.unit.file}: {name} needs {heap >> 20:,} MB for a block's own arrays; {remedy}")
        sums = () if self.checks else accumulators(function, parameters, state.unit.functions)
        ir, written = module(self.b, arguments, self.looped, sums), self._written(function)
        # An upper bound: as if each instruction's result were spilled.
        stack = budget.STACK + _WIDEST * state.v.width * self.b.count + len(sums) * LARGEST
        constants = tuple((name, size) for name, (_, size) in state.constants.items())
        sized = is_sized_by_launch(ir)
        prints = PRINTF in self.b.declarations
        variables = tuple((name, size, first) for name, (_, size, first) in state.variables.items())
        pointers = tuple((position, offset) for position, offset, _ in state.pointers.values())
        flags = sized, prints, constants, variables, sums, pointers
        return Compiled(name, ir, parameters, state.v.width, checklist, written, heap, stack, *flags)

    def _written(self, function: syntax.Function) -> tuple[int, ...]:
        """Return the positions of the arguments whose memory the kernel may write to; if unknown, all."""
        names = {memory.name for memory in self.state.written if memory.space == "global"}
        return tuple(n for n, each in enumerate(function.parameters) if {each.name, ""} & names)

    def _kernel(self, name: str) -> syntax.Function:
        kernels = {function.name: function for function in self.state.unit.functions.values() if function.kernel}
        if name not in kernels:
            raise KernelError(f"{self.state.unit.file}: there is no kernel '{name}'{did_you_mean(name, list(kernels))}")
        return kernels[name]

    def _bind_parameters(self, function: syntax.Function, types: Sequence[Type]) -> list[str]:
        """Bind the kernel's parameters, and return their declarations in LLVM IR."""
        declared = []
        for position, (parameter, type) in enumerate(zip(function.parameters, types, strict=True)):
            name = f"%a_{parameter.name}"
            if isinstance(type, PointerTo):
                alone = " noalias" if isinstance(parameter.type, syntax.PointerType) and parameter.type.restrict else ""
                declared.append(f"ptr{alone} {name}")
                memory = known(self.state, MemoryRegion(parameter.name, "global"), type.target, argument=position)
                value: Address | Value = Address(type, name, BLOCK, memory)
            elif isinstance(type, Int | Float):
                declared.append(f"{type.ir} {name}")
                value = Value(type, BLOCK, name)
            elif isinstance(type, Struct):
                declared.append(f"ptr noalias {name}")
                memory = known(self.state, MemoryRegion(parameter.name, "constant"), type, size_of(type), base=name)
                self.state.bind(parameter.name, Reference(Address(PointerTo(type), name, BLOCK, memory)))
                self._note_pointers(position, len(types), parameter.name, type, 0)
                continue
            else:
                self.state.refuse(f"an argument of type {type}", "pass its fields, or a pointer", parameter.place)
            self.state.bind(parameter.name, value)
        return declared

    def _note_pointers(self, position: int, count: int, path: str, type: Struct, start: int) -> None:
        """Note the pointers in a structure that is an argument: their memory comes behind all other arguments."""
        state = self.state
        for name, part in type.fields:
            offset, inner = start + offset_of(type, name), f"{path}.{name}"
            if isinstance(part, PointerTo):
                last = count + len(state.constants) + len(state.variables) + len(state.pointers)
                memory = known(state, MemoryRegion(inner, "global"), part.target, argument=last)
                state.pointers[inner] = position, offset, memory
            elif isinstance(part, Struct):
                self._note_pointers(position, count, inner, part, offset)

    # ---- blocks and their threads

    def _blocks(self, function: syntax.Function) -> None:
        """Compile the loop over the blocks `first` to `last` and its body, or the block `first` alone."""
        if self.looped:
            self._all_blocks(function)
        else:
            self._block(function, self._position("%first"))
            self.b.leave()
        if self.b.count > LOOPED:
            self.state.facts.mark(_LONG)

    def _block(self, function: syntax.Function, position: Mapping[str, str]) -> None:
        """Compile the block at a position in the grid."""
        self._bind_indices(position)
        end = self.b.label("finished")
        self._body(function, end)
        self.b.place(end)

    def _all_blocks(self, function: syntax.Function) -> None:
        b = self.b
        slot = b.slot("i64")
        b.do(f"store i64 %first, ptr {slot}")
        position = {axis: (b.slot("i32"), first) for axis, first in self._position("%first").items()}
        for place, first in position.values():
            b.do(f"store i32 {first}, ptr {place}")
        head, body, end = b.label("blocks"), b.label("block"), b.label("done")
        b.place(head)
        number = b.op(f"load i64, ptr {slot}")
        b.branch(b.op(f"icmp slt i64 {number}, %last"), body, end)
        b.place(body)
        if self.checks:
            self.checks.begin_block(number)
        self._block(function, {axis: b.op(f"load i32, ptr {place}") for axis, (place, _) in position.items()})
        self._step({axis: place for axis, (place, _) in position.items()})
        b.do(f"store i64 {b.op(f'add nsw i64 {number}, 1')}, ptr {slot}")
        if self.checks:
            b.branch(self.checks.stopped(), end, head)
        else:
            b.jump(head)
        b.place(end)
        b.leave()

    def _position(self, number: str) -> dict[str, str]:
        """Compute the position in the grid of the block of a number."""
        b = self.b
        wide = {axis: b.op(f"zext i32 %g{axis} to i64") for axis in "xy"}
        rest = b.op(f"udiv i64 {number}, {wide['x']}")
        parts = {"x": b.op(f"urem i64 {number}, {wide['x']}"), "y": b.op(f"urem i64 {rest}, {wide['y']}"),
                 "z": b.op(f"udiv i64 {rest}, {wide['y']}")}  # fmt: skip
        return {axis: b.op(f"trunc i64 {part} to i32") for axis, part in parts.items()}

    def _step(self, places: Mapping[str, str]) -> None:
        """Move a position in memory on to the next block: two divisions take as long as some hundred bytes' copy."""
        b, carried = self.b, "1"
        for axis, place in places.items():
            following = b.op(f"add i32 {b.op(f'load i32, ptr {place}')}, {carried}")
            ends = b.op(f"icmp eq i32 {following}, %g{axis}")
            b.do(f"store i32 {b.op(f'select i1 {ends}, i32 0, i32 {following}')}, ptr {place}")
            carried = b.op(f"zext i1 {ends} to i32")

    def _bind_indices(self, position: Mapping[str, str]) -> None:
        """Bind blockIdx, blockDim and gridDim."""
        grid = {axis: Value(U32, BLOCK, f"%g{axis}", natural=True) for axis in "xyz"}
        index = {axis: Value(U32, BLOCK, ir, natural=True) for axis, ir in position.items()}
        size = {axis: constant(getattr(self.state.block, axis), U32) for axis in "xyz"}
        # Outside the loops over threads only their kinds matter.
        thread = {"x": Value(U32, AFFINE, "0", 1), "y": Value(U32, UNIFORM, "0"), "z": Value(U32, UNIFORM, "0")}
        for name, values in (("gridDim", grid), ("blockIdx", index), ("blockDim", size), ("threadIdx", thread)):
            self.state.scopes[0][name] = Aggregate(_INDICES[name], dict(values))

    def _body(self, function: syntax.Function, end: str) -> None:
        assert function.body is not None
        if self.state.has_barriers:
            parts = ParallelRegions(self.state, self._threads, end)
            parts.own_parameters(function)
            parts.run(function.body.items)
            return
        items = function.body.items
        if not self.checks:
            items = tuple(declare_once(self.state, items))
        with self._threads():
            self.state.calls[-1].returned = self.state.mask_slot()
            with self.state.scope():
                for parameter in function.parameters:
                    given = self.state.lookup(parameter.name)
                    assert given is not None
                    if not isinstance(given, Reference) or may_be_changed(self.state, parameter):
                        with self.state.at(parameter.place):
                            made = own(self.state, parameter, given)
                        self.state.bind(parameter.name, made)
                compile_sequence(self.state, items)

    @contextmanager
    def _threads(self) -> Iterator[None]:
        """Compile the code within as the body of a loop over the vectors of threads of the block."""
        state, b = self.state, self.b
        frame = state.calls[-1]
        slot = b.slot("i64")
        b.do(f"store i64 0, ptr {slot}")
        head, body = b.label("threads"), b.label("vector")
        frame.end, done = b.label("next"), b.label("joined")
        b.place(head)
        state.chunk = b.op(f"load i64, ptr {slot}")
        b.branch(b.op(f"icmp slt i64 {state.chunk}, {state.chunks}"), body, done)
        b.place(body)
        if self.checks:
            self.checks.begin_threads(state.chunk)
        x, y, z = self._thread_indices(state.chunk)
        outer = state.scopes[0]["threadIdx"]
        state.scopes[0]["threadIdx"] = Aggregate(_INDICES["threadIdx"], {"x": x, "y": y, "z": z})
        state.mask = frame.mask = self._inside(x) if self.partial else None
        try:
            yield
            b.place(frame.end)
            b.do(f"store i64 {b.op(f'add nsw i64 {state.chunk}, 1')}, ptr {slot}")
            b.jump(head)
            b.place(done)
            if self.checks:
                self.checks.end_threads()
        finally:
            state.chunk, state.mask, state.scopes[0]["threadIdx"] = None, None, outer

    def _thread_indices(self, chunk: str) -> tuple[Value, Value, Value]:
        """Return threadIdx of a vector: x is affine, y and z are uniform."""
        b, block, width = self.b, self.state.block, self.state.v.width
        number = b.op(f"trunc i64 {chunk} to i32")
        column = b.op(f"urem i32 {number}, {self.across}")
        row = b.op(f"udiv i32 {number}, {self.across}")
        first = b.op(f"mul nuw nsw i32 {column}, {width}")
        kind = UNIFORM if block.y * block.z > 1 else BLOCK
        y = Value(U32, kind, b.op(f"urem i32 {row}, {block.y}"), natural=True) if block.y > 1 else constant(0, U32)
        z = Value(U32, kind, b.op(f"udiv i32 {row}, {block.y}"), natural=True) if block.z > 1 else constant(0, U32)
        return Value(U32, AFFINE, first, 1, natural=True), y, z

    def _inside(self, x: Value) -> str:
        """Return the mask of the lanes that are threads of the block, if its rows do not fill the vectors."""
        return self.state.math.compare("<", x, constant(self.state.block.x, U32)).ir
