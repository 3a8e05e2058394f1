"""Kernels with `__syncthreads()`: cut into parts, each a loop over the threads of the block.

All threads have finished one part before any begins the next. What a thread keeps from part to part is stored
for each vector; what is the same for all threads of the block is computed between the parts, once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace

from imgcuda.cpu.barrier_calls import BarrierCalls, Loop
from imgcuda.cpu.checks import rounds
from imgcuda.cpu.declarations import declaration, is_value, reserve, type_declared
from imgcuda.cpu.expressions import condition, evaluate
from imgcuda.cpu.frontend import syntax
from imgcuda.cpu.names import addressed, set_again
from imgcuda.cpu.places import declare, private
from imgcuda.cpu.purity import has_barrier, has_effects
from imgcuda.cpu.state import State
from imgcuda.cpu.statements import execute, for_who_is_left, run
from imgcuda.cpu.types import Float, Int
from imgcuda.cpu.values import BLOCK, VARYING, Address, Aggregate, Kind, Operand, Value
from imgcuda.cpu.variables import Reference, Variable


class Parts(BarrierCalls):
    """Compiles the body of a kernel with barriers."""

    def __init__(self, state: State, threads: Callable[[], AbstractContextManager[None]], end: str) -> None:
        self.state, self.b = state, state.b
        self._threads = threads
        self._end = end
        self._kernel = state.calls[-1]
        self.loops: list[Loop] = []
        type = f"[{state.chunks} x {state.v.type('i1')}]"
        self._returned = self.b.slot(type)
        """Which threads have returned, remembered from part to part."""
        self.b.do(f"store {type} zeroinitializer, ptr {self._returned}")
        self._some_leave = ("left", self._kernel.key) in state.facts.marks
        state.leader = self.b.slot("i64") if self._some_leave else None
        if state.leader:
            self.b.do(f"store i64 0, ptr {state.leader}")

    def own_parameters(self, function: syntax.Function) -> None:
        """Give the threads variables for the arguments that the kernel sets."""
        state = self.state
        for parameter in function.parameters:
            if set_again(state, parameter.name) or addressed(state, parameter.name):
                given = state.lookup(parameter.name)
                assert isinstance(given, Value | Address)
                key = state.key(parameter)
                whole = addressed(state, parameter.name)
                made = Reference(private(state, given.type, key)) if whole else declare(state, key, given.type)
                state.bind(parameter.name, made)
                self.each_thread(lambda made=made, given=given: self.set(made, given))  # type: ignore[misc]

    def run(self, items: Sequence[syntax.Statement], later: object = ()) -> None:
        """Compile statements of which some hold barriers; those between are one part. `later` comes after them."""
        part: list[syntax.Statement] = []
        flat = [each for item in items for each in (item.items if isinstance(item, syntax.Declarations) else (item,))]
        for position, item in enumerate(flat):
            if self._is_tail(flat[position:]):
                part.append(self._once(flat[position:]))
                break
            if handle := self._for_block(item, part):
                self._part(part, (*flat[position:], later))
                part = []
                with self.state.collecting(), self.state.at(item.place), self._followed_by(flat[position + 1 :]):
                    handle()
            else:
                part.append(item)
        self._part(part, later)

    def _for_block(self, item: syntax.Statement, part: Sequence[syntax.Statement]) -> Callable[[], None] | None:
        """Return what compiles a statement for the block as a whole; None if each thread does it by itself.

        `part` is what stands before it and has still to be compiled, for each thread by itself.
        """
        if has_barrier(self.state, item) or self._leaves_loop(item):
            return lambda: self._across(item)
        if _names(item) & {each.name for each in part if isinstance(each, syntax.Declaration)}:
            return None
        if isinstance(item, syntax.Declaration) and self._same_for_block(item):
            return lambda: declaration(self.state, item)
        if isinstance(item, syntax.If) and self._is_exit(item):
            return lambda: self._exit(item)
        return None

    # ---- a part: between two barriers, thread by thread

    def _part(self, items: Sequence[syntax.Statement], later: object) -> None:
        if not items:
            return
        used_later = _names(later)
        for item in items:
            if isinstance(item, syntax.Declaration) and item.name in used_later:
                with self.state.collecting():
                    self.state.bind(item.name, reserve(self.state, item, type_declared(self.state, item)))
                    self.state.reserved.add(item)
        self.each_thread(lambda: run(self.state, items))

    def each_thread(self, action: Callable[[], None]) -> None:
        """Compile something for each thread that has not returned."""
        state = self.state
        if state.leader:
            self.b.do(f"store i64 -1, ptr {state.leader}")
        with self._threads():
            frame = state.calls[-1]
            frame.mask, frame.returned = "never", state.chunk_element(self._returned, state.v.type("i1"))
            if self._some_leave:
                for_who_is_left(state, lambda: self._leading(action))
            else:
                action()
        if state.leader:
            self._stop_if_none_is_left()

    def _leading(self, action: Callable[[], None]) -> None:
        self.b.do(f"store i64 {self.state.chunk}, ptr {self.state.leader}")
        action()

    def _stop_if_none_is_left(self) -> None:
        leader = self.b.op(f"load i64, ptr {self.state.leader}")
        go_on = self.b.label("go")
        self.b.branch(self.b.op(f"icmp slt i64 {leader}, 0"), self._end, go_on)
        self.b.place(go_on)

    # ---- what the block does as a whole

    def _across(self, item: syntax.Statement) -> None:
        """Compile a statement with a barrier in it: all threads of the block must take the same way through."""
        match item:
            case syntax.Evaluate(syntax.Call("__syncthreads", ())):
                if self.state.checks:
                    self.state.checks.next_epoch()
            case syntax.Evaluate(syntax.Call() as call) if call.name in self.state.unit.functions:
                self.call(call)
            case syntax.Evaluate(value):
                self._part([replace(item, value=self.extract(value))], ())
            case syntax.Declaration(value=value) if value is not None and not isinstance(value, syntax.Initializer):
                self.declare_result(item, self.extract(value))
            case syntax.Block(items):
                with self.state.scope():
                    self.run(items)
            case syntax.If():
                self._if(item)
            case syntax.Loop():
                with self.state.scope():
                    self._loop(item)
            case syntax.Break() | syntax.Continue():
                loop = self.loops[-1]
                self.b.jump(loop.end if isinstance(item, syntax.Break) else loop.step)
            case _:
                execute(self.state, item)  # says why it cannot be

    def _if(self, node: syntax.If) -> None:
        test = self._condition(node.condition)
        then, otherwise, end = (self.b.label(hint) for hint in ("then", "else", "end"))
        self.b.branch(test, then, otherwise)
        for label, side in ((then, node.then), (otherwise, node.otherwise)):
            self.b.place(label)
            if side is not None:
                with self.state.scope():
                    self.run([side])
            self.b.jump(end)
        self.b.place(end)

    def _loop(self, node: syntax.Loop) -> None:
        if node.start is not None:
            self.run([node.start], (node.condition, node.step, node.body))
        head, body = self.b.label("loop"), self.b.label("body")
        loop = Loop(self.b.label("end"), self.b.label("step"))
        count = rounds(self.state)
        if node.test_last:
            self.b.jump(body)
        self.b.place(head)
        count(loop.end)
        if node.condition is not None:
            self.b.branch(self._condition(node.condition), body, loop.end)
        self.b.place(body)
        self.loops.append(loop)
        with self.state.scope():
            self.run([node.body])
        self.loops.pop()
        self.b.place(loop.step)
        if node.step is not None:
            self._step(node.step)
        self.b.jump(head)
        self.b.place(loop.end)

    def _step(self, node: syntax.Expression) -> None:
        if isinstance(node, syntax.Binary) and node.operator == ",":
            self._step(node.left)
            self._step(node.right)
        elif has_effects(self.state, node, self._is_for_block):
            self.each_thread(lambda: run(self.state, [syntax.Evaluate(node, node.place)]))
        else:
            evaluate(self.state, node)

    def _is_for_block(self, name: str) -> bool:
        """Return whether a name is a variable that the block has once."""
        found = self.state.lookup(name)
        return isinstance(found, Variable) and found.kind == BLOCK and not found.per_chunk

    def _condition(self, node: syntax.Expression) -> str:
        """Return a condition that is the same for all threads of the block, in any right kernel."""
        if self.kind(node) == BLOCK:
            return condition(self.state, node).ir
        some, others = self.b.slot("i1"), self.b.slot("i1")
        for slot in (some, others):
            self.b.do(f"store i1 false, ptr {slot}")
        with self.state.at(node.place):
            self.each_thread(lambda: self._vote(node, some, others))
            if self.state.checks:
                self.state.checks.parted((some, others), self._end)
        return self.b.op(f"load i1, ptr {some}")

    def _vote(self, node: syntax.Expression, some: str, others: str) -> None:
        """Note whether some thread of this vector finds a condition true, and whether some finds it false."""
        state = self.state
        holds = state.v.of(condition(state, node))
        for slot, lanes in ((some, state.v.both(state.mask, holds)), (others, state.v.without(state.mask, holds))):
            found = self.b.op(f"or i1 {self.b.op(f'load i1, ptr {slot}')}, {state.v.any(lanes)}")
            self.b.do(f"store i1 {found}, ptr {slot}")

    def _leaves_loop(self, item: syntax.Statement) -> bool:
        """Return whether a statement has a `break` or `continue` out of a loop with a barrier."""
        return bool(self.loops) and any(_free_jumps(item))

    def _is_tail(self, items: Sequence[syntax.Statement]) -> bool:
        """Return whether a loop's body ends with these statements, a thread may leave them, and no barrier follows."""
        if not self.loops or self.loops[-1].goes_on or has_barrier(self.state, tuple(items)):
            return False
        return any(_free_jumps(items[0])) and all(isinstance(each, syntax.Continue) for each in _all_jumps(items))

    def _once(self, items: Sequence[syntax.Statement]) -> syntax.Statement:
        """Return `do { ... } while (false);`, in which a `continue` is one for the thread by itself."""
        place = items[0].place
        never = syntax.Number(0, "bool", place)
        made = syntax.Loop(None, never, None, syntax.Block(tuple(items), place), place, test_last=True)
        # The next pass must see the very same loop, as it is what names the threads that left.
        kept: syntax.Statement = self.state.facts.rebuilt.setdefault(self.state.key(items[0], "tail"), made)
        return kept

    @contextmanager
    def _followed_by(self, items: Sequence[syntax.Statement]) -> Iterator[None]:
        """Note for what is compiled within that these statements come behind it."""
        if not self.loops:
            yield
            return
        loop = self.loops[-1]
        outer, loop.goes_on = loop.goes_on, loop.goes_on or bool(items)
        yield
        loop.goes_on = outer

    def _is_exit(self, node: syntax.If) -> bool:
        """Return whether this is `if (...) return;` for the whole block."""
        if node.otherwise is not None or self.state.calls[-1] is not self._kernel:
            return False
        body = node.then.items if isinstance(node.then, syntax.Block) else (node.then,)
        if len(body) != 1 or not isinstance(body[0], syntax.Return) or body[0].value is not None:
            return False
        return self.kind(node.condition) == BLOCK

    def _exit(self, node: syntax.If) -> None:
        go_on = self.b.label("go")
        self.b.branch(condition(self.state, node.condition).ir, self._end, go_on)
        self.b.place(go_on)

    # ---- what is the same for all threads

    def _same_for_block(self, node: syntax.Declaration) -> bool:
        """Return whether a declaration is of shared memory, or of something that is the same for all threads."""
        state = self.state
        if node.space == "shared":
            return True
        if node.value is None or isinstance(node.value, syntax.Initializer) or addressed(state, node.name):
            return False
        with state.collecting():
            type = type_declared(state, node)
            if is_value(state, node, type):
                return self.kind(node.value) == BLOCK
            key = state.key(node)
            seen = state.facts.kinds.get(key, (BLOCK, 0))[0]
            once = isinstance(type, Int | Float) and ("per chunk", key) not in state.facts.marks
            return once and seen == BLOCK and self.kind(node.value) == BLOCK
        return False

    def kind(self, node: syntax.Expression) -> Kind:
        """Return in what the threads differ in an expression; VARYING too if evaluating it once would not do."""
        if has_effects(self.state, node, self._is_for_block):
            return VARYING
        with self.state.collecting(), self.state.unwritten():
            return kind_of(evaluate(self.state, node))
        return VARYING


def kind_of(operand: Operand) -> Kind:
    """Return in what the threads differ in a value."""
    if isinstance(operand, Aggregate):
        return max((kind_of(part) for part in operand.fields.values()), default=BLOCK)
    if isinstance(operand, Address):
        if operand.index is not None:
            return max(operand.kind, operand.index.kind)
        return operand.kind
    return operand.kind


def _names(node: object) -> set[str]:
    return {each.name for each in syntax.walk(node) if isinstance(each, syntax.Name)}


def _all_jumps(items: Sequence[syntax.Statement]) -> list[object]:
    return [each for item in items for each in _free_jumps(item)]


def _free_jumps(node: object) -> list[object]:
    """Return the `break`s and `continue`s that lead out of a statement."""
    if isinstance(node, syntax.Break | syntax.Continue):
        return [node]
    if isinstance(node, syntax.Loop):
        return []
    if isinstance(node, syntax.Switch):
        return [each for item in node.items for each in _free_jumps(item) if isinstance(each, syntax.Continue)]
    if isinstance(node, syntax.If):
        return [*_free_jumps(node.then), *_free_jumps(node.otherwise)]
    if isinstance(node, syntax.Block):
        return _all_jumps(node.items)
    return []
