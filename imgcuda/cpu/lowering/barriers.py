"""Kernels with `__syncthreads()`: cut into parts, each a loop over the threads of the block.

All threads have finished one part before any begins the next. What a thread keeps from part to part is stored
for each vector; what is the same for all threads of the block is computed between the parts, once. Where threads differ
in whether they come to a barrier, those that do not wait where the paths meet again (`presence`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TypeAlias

from imgcuda.cpu.lowering.barrier_loops import BarrierLoops
from imgcuda.cpu.lowering.declarations import declaration, is_value, reserve, type_declared
from imgcuda.cpu.lowering.live_threads import EnclosingLoop, wider
from imgcuda.cpu.lowering.lvalues import declare, private
from imgcuda.cpu.lowering.names import addressed, set_again
from imgcuda.cpu.lowering.operands import condition
from imgcuda.cpu.lowering.sequences import run
from imgcuda.cpu.lowering.side_effects import has_barrier
from imgcuda.cpu.lowering.variables import Binding, Reference
from imgcuda.cpu.values.types import Float, Int
from imgcuda.cpu.values.value import BLOCK, Address, Value
from imgcuda.frontend import syntax

_Segment: TypeAlias = tuple[syntax.Statement, ...]


class ParallelRegions(BarrierLoops):
    """Compiles the body of a kernel with barriers."""

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
        region: list[syntax.Statement] = []
        flat = [each for item in items for each in (item.items if isinstance(item, syntax.Declarations) else (item,))]
        for position, item in enumerate(flat):
            if self._is_tail(flat[position:]):
                region.append(self._once(flat[position:]))
                break
            if handle := self._for_block(item, region):
                self.region(region, (*flat[position:], later))
                region = []
                with self.state.collecting(), self.state.at(item.place), self._followed_by(flat[position + 1 :]):
                    handle()
            else:
                region.append(item)
        self.region(region, later)

    def _for_block(self, item: syntax.Statement, region: Sequence[syntax.Statement]) -> Callable[[], None] | None:
        """Return what compiles a statement for the block as a whole; None if each thread does it by itself.

        `part` is what stands before it and has still to be compiled, for each thread by itself.
        """
        if has_barrier(self.state, item) or self._may_exit_loop(item):
            return lambda: self.across(item)
        if _names(item) & {each.name for each in region if isinstance(each, syntax.Declaration)}:
            return None
        if isinstance(item, syntax.Declaration) and self._same_for_block(item):
            return lambda: declaration(self.state, item)
        if isinstance(item, syntax.If) and self._is_exit(item):
            return lambda: self._exit(item)
        return None

    # ---- a part: between two barriers, thread by thread

    def region(self, items: Sequence[syntax.Statement], later: object) -> None:
        if not items:
            return
        used_later = _names(later)
        for item in items:
            if isinstance(item, syntax.Declaration) and item.name in used_later:
                with self.state.collecting():
                    self.state.bind(item.name, reserve(self.state, item, type_declared(self.state, item)))
                    self.state.reserved.add(item)
        self.each_thread(lambda: run(self.state, items))

    # ---- what the block does as a whole

    def across(self, item: syntax.Statement) -> None:
        """Compile a statement with a barrier in it, or with a jump out of a loop that has one."""
        match item:
            case syntax.Evaluate(syntax.Call("__syncthreads", ())):
                self.barrier()
            case syntax.Evaluate(syntax.Call() as call) if call.name in self.state.unit.functions:
                self.call(self.kept(call, "call", self._with_parts(call)))
            case syntax.Evaluate(value) | syntax.Return(value) if value is not None:
                self.region([self.kept(item, "", replace(item, value=self.extract(value)))], ())
            case syntax.Declaration(value=syntax.Initializer() as values):
                self._declare_with(item, values)
            case syntax.Declaration(value=value) if value is not None:
                self.declare_result(item, self.extract(value))
            case syntax.Block(items):
                with self.state.scope():
                    self.run(items)
            case syntax.If():
                self._if(item)
            case syntax.Loop():
                with self.state.scope():
                    self.loop(item)
            case syntax.Switch() if has_barrier(self.state, item):
                self.switch(item)
            case syntax.Break() | syntax.Continue():
                enclosing = self.loops[-1]
                self.b.jump(enclosing.end if isinstance(item, syntax.Break) else enclosing.step)
            case _:
                self.region([item], ())

    def _declare_with(self, node: syntax.Declaration, values: syntax.Initializer) -> None:
        """Compile a declaration with values in braces, in one of which a thread waits."""
        made = self.kept(node, "", replace(node, value=self.extract(values)))
        self.state.bind(node.name, reserve(self.state, made, type_declared(self.state, made)))
        self.state.reserved.add(made)
        self.each_thread(lambda: run(self.state, [made]))

    def _if(self, node: syntax.If) -> None:
        test = self.extract(node.condition)
        kind = self.kind(test)
        if kind == BLOCK:
            self._choose_side(node, test)
        elif has_barrier(self.state, (node.then, node.otherwise)):
            self._both_sides(node, test)
        else:
            self.region([self.kept(node, "", replace(node, condition=test))], ())

    def _choose_side(self, node: syntax.If, test: syntax.Expression) -> None:
        """Compile a branch that all threads take alike."""
        then, otherwise, end = (self.b.label(hint) for hint in ("then", "else", "end"))
        self.b.branch(condition(self.state, test).ir, then, otherwise)
        for label, side in ((then, node.then), (otherwise, node.otherwise)):
            self.b.place(label)
            if side is not None:
                with self.state.scope():
                    self.run([side])
            self.b.jump(end)
        self.b.place(end)

    def _both_sides(self, node: syntax.If, test: syntax.Expression) -> None:
        """Compile a branch that some threads take: from barrier to barrier one side, then the other.

        For a barrier on one side waits for the threads that are at one on the other side.
        """
        state, kind = self.state, wider(self.kind(test))
        taken, other = self.masks(), self.masks()
        self.each_thread(lambda: self._sort(test, taken, other))
        sides: list[tuple[str, str, list[_Segment], dict[str, Binding]]]
        sides = [("then", taken, _segments(node.then), {}), ("else", other, _segments(node.otherwise), {})]
        for round in range(max(len(segments) for _, _, segments, _ in sides)):
            for what, live, segments, scope in sides:
                if round >= len(segments):
                    continue
                later = tuple(each for segment in segments[round + 1 :] for each in segment)
                here = self.construct(state.key(node, what), kind, live)
                with here, self._followed_by(later), state.scope(scope):
                    self.run(segments[round], later)

    def _sort(self, test: syntax.Expression, taken: str, other: str) -> None:
        """Note which threads of the vector find a condition true, and which find it false."""
        state = self.state
        holds = state.v.of(condition(state, test))
        self.keep(taken, state.v.both(state.mask, holds))
        self.keep(other, state.v.without(state.mask, holds))

    def _may_exit_loop(self, item: syntax.Statement) -> bool:
        """Return whether a statement may have the whole block jump out of a loop with a barrier."""
        enclosing = self.loops[-1] if self.loops else None
        return enclosing is not None and self._jumps(enclosing) and bool(_free_jumps(item))

    def _jumps(self, enclosing: EnclosingLoop) -> bool:
        """Return whether the threads of a loop go the same way, and all of them are live."""
        return (
            not enclosing.broken
            and enclosing.live == self.live
            and ("lanes exit", enclosing.key) not in self.state.facts.marks
        )

    def _is_tail(self, items: Sequence[syntax.Statement]) -> bool:
        """Return whether a loop's body ends with these statements, a thread may leave them, and no barrier follows."""
        if not self.loops or self.loops[-1].goes_on or has_barrier(self.state, tuple(items)):
            return False
        return any(_free_jumps(items[0])) and all(isinstance(each, syntax.Continue) for each in _all_jumps(items))

    def _once(self, items: Sequence[syntax.Statement]) -> syntax.Statement:
        """Return `do { ... } while (false);`, in which a `continue` is one for the thread by itself."""
        place = items[0].place
        never = syntax.NumberLiteral(0, "bool", place)
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
        if node.otherwise is not None or self.live or self.state.calls[-1] is not self.kernel:
            return False
        body = node.then.items if isinstance(node.then, syntax.Block) else (node.then,)
        if len(body) != 1 or not isinstance(body[0], syntax.Return) or body[0].value is not None:
            return False
        return self.kind(node.condition) == BLOCK

    def _exit(self, node: syntax.If) -> None:
        go_on = self.b.label("go")
        self.b.branch(condition(self.state, node.condition).ir, self.kernel_end, go_on)
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


def _segments(node: syntax.Statement | None) -> list[_Segment]:
    """Return the statements of a branch from barrier to barrier."""
    items = node.items if isinstance(node, syntax.Block) else (node,) if node is not None else ()
    segments: list[_Segment] = [()]
    for item in items:
        segments[-1] += (item,)
        if isinstance(item, syntax.Evaluate) and item.value == syntax.Call("__syncthreads", (), item.value.place):
            segments.append(())
    return [segment for segment in segments if segment]


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
