"""Which threads of a block are at a point of a kernel with barriers.

Between barriers a block is compiled as one. Where its threads may differ in whether they are there at all, since a
condition holds for some or since some have left, each vector has a mask in memory: those threads are *live* there. What
is compiled for them skips the other threads, as if they waited where the paths meet again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

from imgcuda.cpu.lowering.sequences import for_threads
from imgcuda.cpu.lowering.state import CallFrame, ControlPath, LoopFrame, State
from imgcuda.cpu.lowering.variables import Key
from imgcuda.cpu.values.value import VARYING, Variability

Threads = Callable[[], AbstractContextManager[None]]


@dataclass
class EnclosingLoop:
    """A loop or `switch` with a barrier in it that is being compiled: where `break` and `continue` lead."""

    key: Key
    end: str
    step: str
    """Empty for a switch, which `continue` passes by."""
    live: str | None
    """The masks of its threads."""
    control: ControlPath
    broken: str = ""
    """Masks of the threads that have left it. Empty where all threads go the same way, which is then a jump."""
    skipped: str = ""
    """Masks of the threads that are done with this iteration."""
    goes_on: bool = False
    """Whether something follows in its body behind the statements that are being compiled."""


class LiveThreads:
    """Compiles code for the threads of a block that are live."""

    def __init__(self, state: State, threads: Threads, end: str) -> None:
        self.state, self.b = state, state.b
        self._threads = threads
        self.kernel: CallFrame = state.calls[-1]
        self.kernel_end = self.end = end
        """Where to go once no thread is left: out of the kernel, or of the innermost construct that only some enter."""
        self.live: str | None = None
        """The masks of the threads that are in the innermost such construct; None where all are."""
        self.loops: list[EnclosingLoop] = []
        """The loops and switches with barriers that are open in the function being compiled."""
        self.returned = self.exited = self.masks()
        """Masks of the threads that have returned from the function being compiled, and from the kernel."""
        if self._some_may_exit():
            state.leader = self.b.slot("i64")
            self.b.do(f"store i64 0, ptr {state.leader}")

    # ---- masks: one for each vector of the block

    def masks(self) -> str:
        """Return memory for a mask of each vector, empty at first."""
        slot = self.b.slot(f"[{self.state.chunks} x {self.state.v.type('i1')}]")
        self.empty(slot)
        return slot

    def empty(self, masks: str) -> None:
        self.b.zero(masks, self.state.chunks * max(1, self.state.v.width // 8))

    def load(self, masks: str) -> str:
        return self.state.load_mask(self.state.chunk_element(masks, self.state.v.type("i1")))

    def keep(self, masks: str, lanes: str | None) -> None:
        """Set the mask of the current vector; None stands for all lanes."""
        type = self.state.v.type("i1")
        self.b.do(f"store {type} {lanes or 'splat (i1 true)'}, ptr {self.state.chunk_element(masks, type)}")

    def present(self) -> str:
        """Return masks of the threads that are live now."""
        masks = self.masks()
        self.each_thread(lambda: self.keep(masks, self.state.mask))
        return masks

    # ---- the threads that are live

    def _some_may_exit(self) -> bool:
        """Return whether some threads may have left the function, or the loops in it, that are open."""
        keys = [self.state.calls[-1].key] if self.returned else []
        keys += [enclosing.key for enclosing in self.loops]
        return any(("lanes exit", key) in self.state.facts.marks for key in keys)

    @property
    def partial(self) -> bool:
        """Whether some threads of the block may not be live."""
        return self.live is not None or self._some_may_exit()

    def each_thread(self, action: Callable[[], None]) -> None:
        """Compile something for each thread that is live, and go to the end of the construct if there is none."""
        if not self.partial:
            self.each_vector(action)
            return
        leader = self.state.leader
        self.b.do(f"store i64 -1, ptr {leader}")
        self.each_vector(lambda: for_threads(self.state, self.lanes(), lambda: self._leading(action)))
        go_on = self.b.label("go")
        none = self.b.op(f"icmp slt i64 {self.b.op(f'load i64, ptr {leader}')}, 0")
        self.b.branch(none, self.end, go_on)
        self.b.place(go_on)

    def _leading(self, action: Callable[[], None]) -> None:
        """Compile something for a vector with live threads: it can speak for the block."""
        self.b.do(f"store i64 {self.state.chunk}, ptr {self.state.leader}")
        action()

    def each_vector(self, action: Callable[[], None]) -> None:
        """Compile something for each vector of threads, whether they are live or not."""
        state = self.state
        outer, escapes = state.loops, state.escapes
        with self._threads():
            frame = state.calls[-1]
            frame.mask, frame.returned = "never", self._element(self.returned)
            state.loops = [self._frame(enclosing) for enclosing in self.loops]
            try:
                action()
            finally:
                state.loops, state.escapes = outer, escapes

    def _frame(self, enclosing: EnclosingLoop) -> LoopFrame:
        """Return a loop as the statements of a vector see it: whoever leaves is noted in a mask."""
        broken, skipped = self._element(enclosing.broken), self._element(enclosing.skipped)
        return LoopFrame(enclosing.key, "never", "", enclosing.step, broken, skipped, enclosing.control)

    def _element(self, masks: str) -> str:
        return masks and self.state.chunk_element(masks, self.state.v.type("i1"))

    def lanes(self) -> str:
        """Return the threads of the current vector that are live."""
        state = self.state
        return state.v.without(self.load(self.live) if self.live else state.mask, state.exited_lanes())

    def look(self) -> None:
        """Go to the end of the construct if no thread is live."""
        if self.partial:
            self.each_thread(lambda: None)

    @contextmanager
    def construct(self, key: Any, kind: Variability, live: str) -> Iterator[str]:
        """Compile what follows for the threads of these masks; yield the label that is behind it."""
        outer = self.live, self.end, self.state.leader
        self.live, self.end, self.state.leader = live, self.b.label("end"), self.b.slot("i64")
        end = self.end
        try:
            with self.state.under(key, kind, None):
                self.look()
                yield end
        finally:
            self.live, self.end, self.state.leader = outer
        self.b.place(end)
        self.look()  # the leader may have left

    # ---- barriers

    def barrier(self) -> None:
        """Compile a barrier: all that was before it is done. A checked build reports threads that are elsewhere."""
        checks = self.state.checks
        if not checks:
            return
        if self.partial:
            absent = self.b.slot("i1")
            self.b.do(f"store i1 false, ptr {absent}")
            self.each_vector(lambda: self._note_absent(absent))
            checks.barrier_divergence(absent, self.kernel_end)
        checks.next_epoch()

    def _note_absent(self, absent: str) -> None:
        """Note whether threads of this vector are neither here nor have left the kernel."""
        state = self.state
        others = state.v.without(state.v.without(state.mask, self.load(self.exited)), self.lanes())
        found = self.b.op(f"or i1 {self.b.op(f'load i1, ptr {absent}')}, {state.v.any(others)}")
        self.b.do(f"store i1 {found}, ptr {absent}")


def wider(kind: Variability) -> Variability:
    """Return how threads differ under a condition of a kind: not at all, from vector to vector, or in any way."""
    return VARYING if kind > 1 else kind
