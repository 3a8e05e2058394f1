"""Loops and switches that contain barriers."""

from __future__ import annotations

from imgcuda.cpu.checks.instrument import rounds
from imgcuda.cpu.lowering.barrier_expressions import BarrierExpressions
from imgcuda.cpu.lowering.dispatch import evaluate
from imgcuda.cpu.lowering.live_threads import EnclosingLoop, wider
from imgcuda.cpu.lowering.loops import own_the_head
from imgcuda.cpu.lowering.lvalues import convert, declare, read, write
from imgcuda.cpu.lowering.operands import condition, type_of
from imgcuda.cpu.lowering.sequences import compile_sequence
from imgcuda.cpu.lowering.side_effects import has_barrier, has_effects
from imgcuda.cpu.lowering.switches import Section, any_of, sections_of, value_type
from imgcuda.cpu.lowering.variables import Variable
from imgcuda.cpu.values.types import Int
from imgcuda.cpu.values.value import BLOCK, VARYING, Value, Variability
from imgcuda.frontend import syntax


class BarrierLoops(BarrierExpressions):
    """Compiles loops and switches with barriers, for `ParallelRegions`."""

    def loop(self, node: syntax.Loop) -> None:
        """Compile a loop: as one scalar loop if all threads of the block make the same iterations."""
        if node.start is not None:
            self.run([node.start], (node.condition, node.step, node.body))
        if self._goes_round_together(node):
            self._together(node)
        else:
            own_the_head(self.state, node, self.state.key(node), VARYING)
            self._divergent(node)

    def _goes_round_together(self, node: syntax.Loop) -> bool:
        if self.state.facts.exit_divergence(self.state.key(node)) != BLOCK:
            return False
        if node.condition is None:
            return True
        return not has_barrier(self.state, node.condition) and self.kind(node.condition) == BLOCK

    def _around(self, node: syntax.Loop | syntax.Switch, end: str, step: str) -> EnclosingLoop:
        return EnclosingLoop(self.state.key(node), end, step, self.live, self.state.control)

    def _together(self, node: syntax.Loop) -> None:
        head, body = self.b.label("loop"), self.b.label("body")
        enclosing = self._around(node, self.b.label("end"), self.b.label("step"))
        count = rounds(self.state)
        if node.test_last:
            self.b.jump(body)
        self.b.place(head)
        count(enclosing.end)
        if node.condition is not None:
            self.b.branch(condition(self.state, node.condition).ir, body, enclosing.end)
        self.b.place(body)
        self._iterate(node, enclosing)
        self.b.place(enclosing.step)
        if node.step is not None:
            self._step(node.step)
        self.b.jump(head)
        self.b.place(enclosing.end)

    def _divergent(self, node: syntax.Loop) -> None:
        """Compile a divergent loop: it runs while any thread is in it."""
        inside, broken, skipped = self.present(), self.masks(), self.masks()
        with self.construct(self.state.key(node), VARYING, inside) as end:
            enclosing = self._around(node, end, self.b.label("step"))
            enclosing.broken, enclosing.skipped = broken, skipped
            head, body = self.b.label("loop"), self.b.label("body")
            count = rounds(self.state)
            if node.test_last:
                self.b.jump(body)
            self.b.place(head)
            count(end)
            if node.condition is not None:
                self._stay(node.condition, inside)
            self.b.place(body)
            self.end = enclosing.step
            self._iterate(node, enclosing)
            self.end = end
            self.b.place(enclosing.step)
            self.each_vector(lambda: self._leave(enclosing, inside))
            self.look()
            if node.step is not None:
                self._step(node.step)
            self.b.jump(head)

    def _stay(self, node: syntax.Expression, inside: str) -> None:
        """Remove from a loop the threads for which its condition is false."""
        test = self.extract(node)
        self.each_thread(lambda: self.keep(inside, self._holding(test)))
        self.look()

    def _holding(self, node: syntax.Expression) -> str:
        """Return the live threads of the vector for which a condition is true."""
        return self.state.v.both(self.state.mask, self.state.v.of(condition(self.state, node)))

    def _leave(self, enclosing: EnclosingLoop, inside: str) -> None:
        """Remove from a loop the threads that broke out of it; let those continue that skipped the iteration."""
        left = self.lanes()
        broken = self.load(enclosing.broken)
        self.keep(inside, self.state.v.without(left, broken))
        self.keep(enclosing.skipped, "zeroinitializer")

    def _iterate(self, node: syntax.Loop, enclosing: EnclosingLoop) -> None:
        self.loops.append(enclosing)
        try:
            with self.state.scope(), self.state.one_loop_deeper():
                self.run([node.body])
        finally:
            self.loops.pop()

    def _step(self, node: syntax.Expression) -> None:
        if isinstance(node, syntax.Binary) and node.operator == ",":
            self._step(node.left)
            self._step(node.right)
            return
        node = self.extract(node)
        if has_effects(self.state, node, self.is_for_block):
            self.each_thread(lambda: compile_sequence(self.state, [syntax.Evaluate(node, node.place)]))
        else:
            evaluate(self.state, node)

    # ---- switch

    def switch(self, node: syntax.Switch) -> None:
        """Compile all cases in order; a thread is active from its own case on, until it breaks."""
        state = self.state
        value = self.extract(node.value)
        type = value_type(state, type_of(state, value), node)
        kind = wider(self.kind(value))
        chosen = declare(state, state.key(node, "value"), type)
        self.each_thread(lambda: self._choose(chosen, value, type))
        sections = sections_of(state, node, type)
        enters = [self.masks() for _ in sections]
        self.each_thread(lambda: self._enter(chosen, sections, enters))
        with self.construct(state.key(node, "all"), BLOCK, self.present()):
            self._run_sections(self._around(node, "", ""), kind, sections, enters)

    def _run_sections(
        self, enclosing: EnclosingLoop, kind: Variability, sections: list[Section], enters: list[str]
    ) -> None:
        enclosing.broken, enclosing.goes_on = self.masks(), True
        inside = self.masks()
        self.loops.append(enclosing)
        try:
            with self.state.scope():
                for number, (section, mine) in enumerate(zip(sections, enters, strict=True)):
                    self.each_vector(lambda mine=mine: self._join(inside, mine))  # type: ignore[misc]
                    later = [item for other in sections[number + 1 :] for item in other.items]
                    with self.construct(enclosing.key, kind, inside):
                        self.run(section.items, tuple(later))
        finally:
            self.loops.pop()

    def _choose(self, chosen: object, value: syntax.Expression, type: Int) -> None:
        assert isinstance(chosen, Variable)
        write(self.state, chosen, convert(self.state, evaluate(self.state, value), type))

    def _enter(self, chosen: object, sections: list[Section], enters: list[str]) -> None:
        """Store, for each section, the mask of the threads that begin there."""
        state = self.state
        assert isinstance(chosen, Variable)
        value = read(state, chosen)
        assert isinstance(value, Value)
        value = state.v.flat(value)
        matches = [[state.math.compare("==", value, case) for case in section.cases] for section in sections]
        elsewhere = state.math.negation(any_of(state, [test for tests in matches for test in tests]))
        for section, mine, masks in zip(sections, matches, enters, strict=True):
            tests = [elsewhere, *mine] if section.default else mine
            self.keep(masks, state.v.both(state.mask, state.v.of(any_of(state, tests))))

    def _join(self, inside: str, mine: str) -> None:
        """Add the threads that begin at a section to the ones that fall through from the section before."""
        state = self.state
        both = self.b.op(f"or {state.v.type('i1')} {self.load(inside)}, {self.load(mine)}")
        self.keep(inside, state.v.without(both, state.exited_lanes()))
