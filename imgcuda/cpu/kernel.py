"""A kernel as a function of LLVM: a loop over blocks, in it a loop over the block's threads, a vector at a time.

`__syncthreads()` cuts the body into parts: every part is such a loop of its own, so that all threads have
finished one part before any begins the next. What a thread keeps from part to part is stored for each vector.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from imgcuda.cpu import syntax
from imgcuda.cpu.expressions import condition, convert, declare, evaluate, write
from imgcuda.cpu.ir import Builder
from imgcuda.cpu.names import addressed, constant_size, declare_types, resolve_type, set_again
from imgcuda.cpu.state import CallFrame, State, Unit
from imgcuda.cpu.statements import execute, flatten, for_who_is_left, private_array, run
from imgcuda.cpu.types import U32, Array, Float, Int, Pointer, Scalar, Struct, Type, memory_ir
from imgcuda.cpu.values import BLOCK, LINEAR, UNIFORM, Address, Aggregate, Memory, Value, Vectors, constant
from imgcuda.cpu.variables import Facts, Reference
from imgcuda.errors import KernelError
from imgcuda.launch import Dim3

PASSES = 25
"""More than any kernel should need: each pass must make some variable more general."""

_INDEX = Struct("uint3", tuple((axis, U32) for axis in "xyz"))


@dataclass(frozen=True)
class Compiled:
    """A kernel in LLVM's language, and the types of its arguments."""

    name: str
    ir: str
    parameters: tuple[Type, ...]
    width: int


def lower(file: syntax.File, name: str, text: str, kernel: str, block: Dim3, width: int) -> Compiled:
    """Return a kernel of a file for blocks of one size, with `width` threads to a vector."""
    facts = Facts()
    for _ in range(PASSES):
        facts.changed = False
        compiled = _Kernel(file, name, text, facts, block, width).compile(kernel)
        if not facts.changed:
            return compiled
    raise KernelError(f"{name}: {kernel} is too tangled for the CPU engine; please report it, with the kernel's source")


class _Kernel:
    """One pass over a kernel."""

    def __init__(self, file: syntax.File, name: str, text: str, facts: Facts, block: Dim3, width: int) -> None:
        self.b = Builder()
        types: dict[str, Type] = {}
        functions = {function.name: function for function in file.functions if function.body is not None}
        enumerators: dict[str, Value] = {}
        unit = Unit(name, text, functions, types, enumerators, tuple(file.globals))
        self.state = State(unit, self.b, Vectors(self.b, width), facts, block)
        declare_types(self.state, file, types)
        for enumeration in file.enumerations:
            self._enumerate(enumeration, enumerators)
        for table in file.globals:
            self.state.bind(table.name, self._table(table))
        self.across = -(-block.x // width)
        """Vectors in a row of the block."""
        self.state.chunks = self.across * block.y * block.z
        self.partial = block.x % width != 0

    def compile(self, name: str) -> Compiled:
        state = self.state
        function = state.unit.functions[name]
        parameters = tuple(resolve_type(state, parameter.type) for parameter in function.parameters)
        state.has_barriers = self._has_barrier(function.body)
        state.calls.append(CallFrame(state.key(function), function, None, "", ""))
        with state.scope():
            arguments = self._bind_parameters(function, parameters)
            self._blocks(function)
        return Compiled(name, self._module(name, arguments), parameters, state.v.width)

    # ---- what is outside the body

    def _enumerate(self, node: syntax.Enumeration, known: dict[str, Value]) -> None:
        following = 0
        for name, value in node.members:
            following = following if value is None else constant_size(self.state, value)
            known[name] = constant(following)
            following += 1

    def _table(self, node: syntax.Declaration) -> Value | Reference:
        """Return a constant of the file: a number, or an array in the machine code's own data."""
        type = resolve_type(self.state, node.type)
        if isinstance(type, Array) and type.size == 0 and isinstance(node.value, syntax.Initializer):
            type = Array(type.element, len(node.value.values))
        if isinstance(type, Int | Float) and node.value is not None and not isinstance(node.value, syntax.Initializer):
            return self._known(node.value, type)
        element = type
        while isinstance(element, Array):
            element = element.element
        if not isinstance(element, Int | Float) or not isinstance(node.value, syntax.Initializer):
            self.state.refuse("a table that is not an array of numbers with its values", "pass it as an argument", node.place)
        values = [constant(0, element) if value is None else self._known(value, element) for value in flatten(node.value, type)]
        cells = ", ".join(f"{memory_ir(element)} {value.ir}" for value in values)
        self.b.globals[node.name] = f"@{node.name} = internal constant [{len(values)} x {memory_ir(element)}] [{cells}], align 64"
        return Reference(Address(Pointer(type), f"@{node.name}", BLOCK, Memory(node.name, "constant")))

    def _known(self, node: syntax.Expression, type: Scalar) -> Value:
        value = convert(self.state, evaluate(self.state, node), type)
        if not isinstance(value, Value) or value.const is None:
            self.state.fail("a constant's value must be known when the kernel is compiled", place=node.place)
        return value

    def _bind_parameters(self, function: syntax.Function, types: Sequence[Type]) -> list[str]:
        """Bind the kernel's arguments, and return how they are declared in LLVM's language."""
        declared = []
        for parameter, type in zip(function.parameters, types, strict=True):
            name = f"%a_{parameter.name}"
            if isinstance(type, Pointer):
                alone = " noalias" if isinstance(parameter.type, syntax.PointerType) and parameter.type.restrict else ""
                declared.append(f"ptr{alone} {name}")
                value: Address | Value = Address(type, name, BLOCK, Memory(parameter.name, "global"))
            elif isinstance(type, Int | Float):
                declared.append(f"{type.ir} {name}")
                value = Value(type, BLOCK, name)
            else:
                self.state.refuse(f"an argument of type {type}", "pass its fields, or a pointer", parameter.place)
            self.state.bind(parameter.name, value)
        return declared

    def _module(self, name: str, arguments: list[str]) -> str:
        """Return the whole module: the kernel, and the entry that takes its arguments out of memory."""
        fixed = ["i32 %gx", "i32 %gy", "i32 %gz", "i64 %dynamic", "i64 %first", "i64 %last"]
        entry, passed = [], []
        for position, declared in enumerate(arguments):
            type = declared.split()[0]
            memory = "i8" if type == "i1" else type
            entry += [f"  %p{position} = getelementptr i64, ptr %arguments, i64 {position}",
                      f"  %r{position} = load {memory}, ptr %p{position}"]  # fmt: skip
            if type == "i1":
                entry.append(f"  %b{position} = trunc i8 %r{position} to i1")
            passed.append(f"{type} %{'b' if type == 'i1' else 'r'}{position}")
        for position, (axis, kind) in enumerate((("gx", "i32"), ("gy", "i32"), ("gz", "i32"), ("dynamic", "i64"))):
            entry += [f"  %q{position} = getelementptr i64, ptr %launch, i64 {position}", f"  %{axis} = load {kind}, ptr %q{position}"]
            passed.append(f"{kind} %{axis}")
        passed += ["i64 %first", "i64 %last"]
        shared = "\n  %shared = alloca i8, i64 %dynamic, align 64" if self._uses_dynamic() else ""
        body = self.b.body().replace("entry:", "entry:" + shared, 1)
        return "\n".join(
            [
                *self.b.globals.values(),
                f"define internal void @kernel({', '.join([*arguments, *fixed])}) noinline nounwind #0 {{",
                body,
                "}",
                "define void @entry(ptr %arguments, ptr %launch, i64 %first, i64 %last) nounwind {",
                *entry,
                f"  call void @kernel({', '.join(passed)})",
                "  ret void",
                "}",
                *self.b.declarations.values(),
                *(f"!{10 + number} = {text}" for number, text in enumerate(self.b.metadata)),
            ]
        )

    def _uses_dynamic(self) -> bool:
        functions = self.state.unit.functions.values()
        return any(isinstance(node, syntax.Declaration) and node.external for each in functions for node in syntax.walk(each.body))

    # ---- blocks and their threads

    def _blocks(self, function: syntax.Function) -> None:
        """Compile the loop over the blocks that this call is to run, and its body."""
        b = self.b
        slot = b.slot("i64")
        b.do(f"store i64 %first, ptr {slot}")
        head, body, end = b.label("blocks"), b.label("block"), b.label("done")
        b.place(head)
        number = b.op(f"load i64, ptr {slot}")
        b.branch(b.op(f"icmp slt i64 {number}, %last"), body, end)
        b.place(body)
        self._bind_indices(number)
        self._body(function)
        b.do(f"store i64 {b.op(f'add nsw i64 {number}, 1')}, ptr {slot}")
        b.jump(head)
        b.place(end)
        b.leave()

    def _bind_indices(self, number: str) -> None:
        """Bind blockIdx, from the number of a block, and blockDim and gridDim."""
        b = self.b
        grid = {axis: Value(U32, BLOCK, f"%g{axis}") for axis in "xyz"}
        wide = {axis: b.op(f"zext i32 %g{axis} to i64") for axis in "xy"}
        rest = b.op(f"udiv i64 {number}, {wide['x']}")
        parts = {"x": b.op(f"urem i64 {number}, {wide['x']}"), "y": b.op(f"urem i64 {rest}, {wide['y']}"),
                 "z": b.op(f"udiv i64 {rest}, {wide['y']}")}  # fmt: skip
        index = {axis: Value(U32, BLOCK, b.op(f"trunc i64 {part} to i32")) for axis, part in parts.items()}
        size = {axis: constant(getattr(self.state.block, axis), U32) for axis in "xyz"}
        # Outside the loops over threads these only show what kind they are.
        thread = {"x": Value(U32, LINEAR, "0", 1), "y": Value(U32, UNIFORM, "0"), "z": Value(U32, UNIFORM, "0")}
        for name, values in (("gridDim", grid), ("blockIdx", index), ("blockDim", size), ("threadIdx", thread)):
            self.state.scopes[0][name] = Aggregate(_INDEX, dict(values))

    def _body(self, function: syntax.Function) -> None:
        assert function.body is not None
        for parameter in function.parameters:
            if parameter.name in set_again(function):
                self._own(parameter)
        if self.state.has_barriers:
            self._with_barriers(function.body.items)
        else:
            with self._threads():
                run(self.state, function.body.items)

    def _own(self, parameter: syntax.Parameter) -> None:
        """Give the threads a variable for an argument that the kernel sets."""
        value = self.state.lookup(parameter.name)
        assert isinstance(value, Value | Address)
        own = declare(self.state, self.state.key(parameter), value.type)
        write(self.state, own, value)
        self.state.bind(parameter.name, own)

    @contextmanager
    def _threads(self) -> Iterator[None]:
        """Compile what follows for every thread of the block: a loop over vectors of them."""
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
        x, y, z = self._thread_indices(state.chunk)
        outer = state.scopes[0]["threadIdx"]
        state.scopes[0]["threadIdx"] = Aggregate(_INDEX, {"x": x, "y": y, "z": z})
        state.mask = frame.mask = self._inside(x) if self.partial else None
        frame.returned = frame.returned if state.has_barriers else state.mask_slot()
        yield
        b.place(frame.end)
        b.do(f"store i64 {b.op(f'add nsw i64 {state.chunk}, 1')}, ptr {slot}")
        b.jump(head)
        b.place(done)
        state.chunk, state.mask, state.scopes[0]["threadIdx"] = None, None, outer

    def _thread_indices(self, chunk: str) -> tuple[Value, Value, Value]:
        """Return threadIdx of a vector: x along its lanes, y and z the same for all."""
        b, block, width = self.b, self.state.block, self.state.v.width
        number = b.op(f"trunc i64 {chunk} to i32")
        column = b.op(f"urem i32 {number}, {self.across}")
        row = b.op(f"udiv i32 {number}, {self.across}")
        first = b.op(f"mul nuw nsw i32 {column}, {width}")
        kind = UNIFORM if block.y * block.z > 1 else BLOCK
        y = Value(U32, kind, b.op(f"urem i32 {row}, {block.y}")) if block.y > 1 else constant(0, U32)
        z = Value(U32, kind, b.op(f"udiv i32 {row}, {block.y}")) if block.z > 1 else constant(0, U32)
        return Value(U32, LINEAR, first, 1), y, z

    def _inside(self, x: Value) -> str:
        """Return the lanes that are threads of the block, where its rows do not fill the vectors."""
        return self.state.math.compare("<", x, constant(self.state.block.x, U32)).ir

    # ---- barriers

    def _has_barrier(self, node: object) -> bool:
        for each in syntax.walk(node):
            if isinstance(each, syntax.Call):
                if each.name == "__syncthreads":
                    return True
                function = self.state.unit.functions.get(each.name)
                if function is not None and self._has_barrier(function.body):
                    return True
        return False

    def _with_barriers(self, items: Sequence[syntax.Statement]) -> None:
        state = self.state
        frame = state.calls[-1]
        frame.end, frame.mask = "", "never"  # a return is remembered from part to part
        type = f"[{state.chunks} x {state.v.type('i1')}]"
        returned = self.b.slot(type)
        self.b.do(f"store {type} zeroinitializer, ptr {returned}")
        self.returned = returned
        self._parts(items)

    def _parts(self, items: Sequence[syntax.Statement]) -> None:
        """Compile statements of which some hold barriers; those between are one part."""
        part: list[syntax.Statement] = []
        for item in [each for item in items for each in (item.items if isinstance(item, syntax.Declarations) else (item,))]:
            if self._has_barrier(item):
                self._part(part)
                part = []
                self._across_barriers(item)
            elif isinstance(item, syntax.Declaration) and self._same_for_block(item):
                self._part(part)
                part = []
                self._hoist(item)
            else:
                part.append(item)
        self._part(part)

    def _across_barriers(self, item: syntax.Statement) -> None:
        """Compile a statement with a barrier in it: all threads of the block must take the same way through."""
        state = self.state
        match item:
            case syntax.Evaluate(syntax.Call("__syncthreads")):
                return
            case syntax.Block(items):
                with state.scope():
                    self._parts(items)
            case syntax.If():
                self._if(item)
            case syntax.Loop():
                with state.scope():
                    self._loop(item)
            case _:
                execute(state, item)  # says why it cannot be

    def _if(self, node: syntax.If) -> None:
        test = self._block_condition(node.condition, "a condition")
        then, otherwise, end = (self.b.label(hint) for hint in ("then", "else", "end"))
        self.b.branch(test, then, otherwise)
        for label, side in ((then, node.then), (otherwise, node.otherwise)):
            self.b.place(label)
            if side is not None:
                with self.state.scope():
                    self._parts([side])
            self.b.jump(end)
        self.b.place(end)

    def _loop(self, node: syntax.Loop) -> None:
        if node.start is not None:
            self._parts([node.start])
        head, body, end = (self.b.label(hint) for hint in ("loop", "body", "end"))
        if node.test_last:
            self.b.jump(body)
        self.b.place(head)
        if node.condition is not None:
            self.b.branch(self._block_condition(node.condition, "a loop"), body, end)
        self.b.place(body)
        with self.state.scope():
            self._parts([node.body])
        if node.step is not None:
            evaluate(self.state, node.step)
        self.b.jump(head)
        self.b.place(end)

    def _block_condition(self, node: syntax.Expression, what: str) -> str:
        test = condition(self.state, node)
        if test.kind != BLOCK:
            self.state.refuse(
                f"__syncthreads() under {what} that may differ between the threads of a block",
                "make it depend on blockIdx and the arguments only",
                node.place,
            )
        return test.ir

    def _same_for_block(self, node: syntax.Declaration) -> bool:
        """Return whether a declaration is shared memory, or a number that is the same for all threads of the block."""
        if node.space == "shared":
            return True
        key = self.state.key(node)
        if ("per chunk", key) in self.state.facts.marks or node.value is None or isinstance(node.value, syntax.Initializer):
            return False
        array = isinstance(resolve_type(self.state, node.type), Array | Struct | Pointer)
        return not array and node.name not in addressed(self._function()) and self.state.facts.kinds.get(key, (BLOCK, 0))[0] == BLOCK

    def _function(self) -> syntax.Function:
        return self.state.calls[-1].function

    def _hoist(self, node: syntax.Declaration) -> None:
        """Declare something once for the whole block."""
        state = self.state
        if node.space != "shared" and node.name not in set_again(self._function()):
            assert node.value is not None and not isinstance(node.value, syntax.Initializer)
            value = convert(state, evaluate(state, node.value), resolve_type(state, node.type))
            assert isinstance(value, Value)
            state.facts.raise_kind(state.key(node), value.kind, value.stride)
            state.bind(node.name, value)
        else:
            execute(state, node)

    def _part(self, items: Sequence[syntax.Statement]) -> None:
        """Compile statements between two barriers, for each thread of the block."""
        if not items:
            return
        state = self.state
        for item in items:
            if isinstance(item, syntax.Declaration):
                self._reserve(item)
        frame = state.calls[-1]
        left = ("left", frame.key) in state.facts.marks
        with self._threads():
            frame.mask = "never"
            frame.returned = state.chunk_element(self.returned, state.v.type("i1"))
            if left:
                for_who_is_left(state, lambda: run(state, items))
            else:
                run(state, items)

    def _reserve(self, node: syntax.Declaration) -> None:
        """Reserve, for each vector of threads, what a declaration declares; its value comes with the threads."""
        state = self.state
        state.reserved.add(node)
        type = resolve_type(state, node.type)
        if isinstance(type, Array) or node.name in addressed(self._function()):
            state.bind(node.name, private_array(state, node, type))
        else:
            state.bind(node.name, declare(state, state.key(node), type))

