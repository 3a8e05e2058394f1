"""Kernels with barriers: compiled as parallel regions, each a loop over the threads of the block.

A parallel region is the code between two `__syncthreads()`. All threads finish one region before any begins the next.
A variable that lives from region to region is stored for each vector of threads; what is uniform over the block is
computed once, between the regions. Where only some threads reach a barrier, the others wait where the paths meet again
(`live_threads`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TypeAlias

from imgcuda.cpu.lowering.barrier_loops import BarrierLoops
from imgcuda.cpu.lowering.declarations import declaration, is_value, reserve, type_declared
from imgcuda.cpu.lowering.live_threads import EnclosingLoop, wider
from imgcuda.cpu.lowering.lvalues import declare, private, read
from imgcuda.cpu.lowering.names import addressed, may_be_changed
from imgcuda.cpu.lowering.operands import condition
from imgcuda.cpu.lowering.sequences import compile_sequence
from imgcuda.cpu.lowering.side_effects import has_barrier
from imgcuda.cpu.lowering.variables import Binding, Reference
from imgcuda.cpu.values.types import Float, Int, has_array
from imgcuda.cpu.values.value import BLOCK, Address, Aggregate, Value
from imgcuda.frontend import syntax

_Segment: TypeAlias = tuple[syntax.Statement, ...]


class ParallelRegions(BarrierLoops):
    """Compiles the body of a kernel with barriers."""

    def own_parameters(self, function: syntax.Function) -> None:
        """Give each thread its own copy of the parameters that the kernel assigns to."""
        state = self.state
        for parameter in function.parameters:
            if may_be_changed(state, parameter):
                given = state.lookup(parameter.name)
                given = read(state, given) if isinstance(given, Reference) else given
                assert isinstance(given, Value | Address | Aggregate)
                key = state.key(parameter)
                whole = addressed(state, parameter.name) or has_array(given.type)
                made = Reference(private(state, given.type, key)) if whole else declare(state, key, given.type)
                state.bind(parameter.name, made)
                self.each_thread(lambda made=made, given=given: self.set(made, given))  # type: ignore[misc]

    def run(self, items: Sequence[syntax.Statement], later: object = ()) -> None:
        """Compile statements with barriers among them; those between barriers form one region. `later` follows them."""
        region: list[syntax.Statement] = []
        flat = [each for item in items for each in (item.items if isinstance(item, syntax.Declarations) else (item,))]
        last = {name: position for position, item in enumerate([*flat, later]) for name in _names(item)}
        for position, item in enumerate(flat):
            if self._is_tail(flat[position:]):
                region.append(self._once(flat[position:]))
                break
            if handle := self._for_block(item, region):
                self.region(region, {name for name in _declared(region) if last.get(name, -1) >= position})
                region = []
                self.look_again()
                with self.state.collecting(), self.state.at(item.place), self._followed_by(flat[position + 1 :]):
                    handle()
            else:
                region.append(item)
        self.region(region, {name for name in _declared(region) if last.get(name) == len(flat)})

    def _for_block(self, item: syntax.Statement, region: Sequence[syntax.Statement]) -> Callable[[], None] | None:
        """Return a function that compiles a statement for the whole block; None if it belongs to a region.

        `part` is what stands before it and has still to be compiled, for each thread by itself.
        """
        if has_barrier(self.state, item) or self._may_exit_loop(item):
            return lambda: self.across(item)
        if region and _names(item) & _declared(region):
            return None
        if isinstance(item, syntax.Declaration) and self._same_for_block(item):
            return lambda: declaration(self.state, item)
        if isinstance(item, syntax.If) and self._is_exit(item):
            return lambda: self._exit(item)
        return None

    # ---- a parallel region: the code between two barriers, in a loop over the threads

    def region(self, items: Sequence[syntax.Statement], used_later: Collection[str] = ()) -> None:
        """Compile a parallel region; variables in `used_later` get memory that outlives it."""
        if not items:
            return
        for item in items:
            if isinstance(item, syntax.Declaration) and item.name in used_later:
                with self.state.collecting():
                    self.state.bind(item.name, reserve(self.state, item, type_declared(self.state, item)))
                    self.state.reserved.add(item)
        self.each_thread(lambda: compile_sequence(self.state, items))

    # ---- code of the whole block

    def across(self, item: syntax.Statement) -> None:
        """Compile a statement that contains a barrier, or a jump out of a loop that contains one."""
        match item:
            case syntax.Evaluate(syntax.Call("__syncthreads", ())):
                self.barrier()
            case syntax.Evaluate(syntax.Call() as call) if call.name in self.state.unit.functions:
                self.call(self.kept(call, "call", self._with_parts(call)))
            case syntax.Evaluate(value) | syntax.Return(value) if value is not None:
                self.region([self.kept(item, "", replace(item, value=self.extract(value)))])
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
                self.region([item])

    def _declare_with(self, node: syntax.Declaration, values: syntax.Initializer) -> None:
        """Compile a declaration whose initializer in braces contains a barrier."""
        made = self.kept(node, "", replace(node, value=self.extract(values)))
        self.state.bind(node.name, reserve(self.state, made, type_declared(self.state, made)))
        self.state.reserved.add(made)
        self.each_thread(lambda: compile_sequence(self.state, [made]))

    def _if(self, node: syntax.If) -> None:
        test = self.extract(node.condition)
        kind = self.kind(test)
        if kind == BLOCK:
            self._choose_side(node, test)
        elif has_barrier(self.state, (node.then, node.otherwise)):
            self._both_sides(node, test)
        else:
            self.region([self.kept(node, "", replace(node, condition=test))])

    def _choose_side(self, node: syntax.If, test: syntax.Expression) -> None:
        """Compile an `if` whose condition is uniform over the block."""
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
        """Compile a divergent `if` with barriers: the regions of both sides alternate.

        A barrier on one side waits for the threads that are at a barrier on the other side.
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
        """Store the masks of the threads for which a condition is true, and false."""
        state = self.state
        holds = state.v.of(condition(state, test))
        self.keep(taken, state.v.both(state.mask, holds))
        self.keep(other, state.v.without(state.mask, holds))

    def _may_exit_loop(self, item: syntax.Statement) -> bool:
        """Return whether a statement may jump out of a loop with a barrier, all threads together."""
        enclosing = self.loops[-1] if self.loops else None
        return enclosing is not None and self._jumps(enclosing) and bool(_free_jumps(item))

    def _jumps(self, enclosing: EnclosingLoop) -> bool:
        """Return whether the threads of a loop do not diverge, and all of them are live."""
        return (
            not enclosing.broken
            and enclosing.live == self.live
            and ("lanes exit", enclosing.key) not in self.state.facts.marks
        )

    def _is_tail(self, items: Sequence[syntax.Statement]) -> bool:
        """Return whether a loop's body ends with these statements, which have a `continue` but no barrier."""
        if not self.loops or self.loops[-1].goes_on or not any(_free_jumps(items[0])):
            return False
        alike = all(isinstance(each, syntax.Continue) for each in _all_jumps(items))
        return alike and not has_barrier(self.state, tuple(items))

    def _once(self, items: Sequence[syntax.Statement]) -> syntax.Statement:
        """Return `do { ... } while (false);` around statements: a `continue` in it is one thread's alone."""
        place = items[0].place
        never = syntax.NumberLiteral(0, "bool", place)
        made = syntax.Loop(None, never, None, syntax.Block(tuple(items), place), place, test_last=True)
        # The next pass must see the same loop object, since it is the key of the exited threads.
        kept: syntax.Statement = self.state.facts.rebuilt.setdefault(self.state.key(items[0], "tail"), made)
        return kept

    @contextmanager
    def _followed_by(self, items: Sequence[syntax.Statement]) -> Iterator[None]:
        """Record, while the code within is compiled, that these statements follow it in the loop."""
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
        """Compile `if (...) return;` for the whole block as a jump."""
        go_on = self.b.label("go")
        self.b.branch(condition(self.state, node.condition).ir, self.kernel_end, go_on)
        self.b.place(go_on)

    # ---- expressions that are uniform over the block

    def _same_for_block(self, node: syntax.Declaration) -> bool:
        """Return whether a declaration is of shared memory, or of a value that is uniform over the block."""
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
    """Return the statements of a branch, split after each barrier."""
    items = node.items if isinstance(node, syntax.Block) else (node,) if node is not None else ()
    segments: list[_Segment] = [()]
    for item in items:
        segments[-1] += (item,)
        if isinstance(item, syntax.Evaluate) and item.value == syntax.Call("__syncthreads", (), item.value.place):
            segments.append(())
    return [segment for segment in segments if segment]


def _declared(items: Sequence[syntax.Statement]) -> set[str]:
    return {each.name for each in items if isinstance(each, syntax.Declaration)}


def _names(node: object) -> set[str]:
    return {each.name for each in syntax.walk(node) if isinstance(each, syntax.Name)}


def _all_jumps(items: Sequence[syntax.Statement]) -> list[object]:
    return [each for item in items for each in _free_jumps(item)]


def _free_jumps(node: object) -> list[object]:
    """Return the `break`s and `continue`s that jump out of a statement."""
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
