"""Live threads: which threads of a block are at a given point of a kernel with barriers.

Between barriers the threads of a block run as one loop. Where threads may diverge across barriers, since a condition is
true for only some or since some have exited, each vector has a mask in memory: the *live* threads. Code for them skips
the other threads, as if those waited where the paths meet again.
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
    """A loop or `switch` with a barrier that is being compiled: the targets of `break` and `continue`."""

    key: Key
    end: str
    step: str
    """Empty for a switch, which is no target of `continue`."""
    live: str | None
    """The masks of the threads that entered it; None if all are live."""
    control: ControlPath
    broken: str = ""
    """Masks of the threads that exited it. Empty if the threads do not diverge: an exit is then a jump."""
    skipped: str = ""
    """Masks of the threads that skip the rest of this iteration."""
    goes_on: bool = False
    """Whether more statements of its body follow the ones being compiled."""


class LiveThreads:
    """Compiles code for the live threads of a block."""

    def __init__(self, state: State, threads: Threads, end: str) -> None:
        self.state, self.b = state, state.b
        self._threads = threads
        self.kernel: CallFrame = state.calls[-1]
        self.kernel_end = self.end = end
        """The jump target if no thread is live: the end of the kernel, or of the innermost divergent construct."""
        self.live: str | None = None
        """The masks of the threads in the innermost divergent construct; None outside any."""
        self.loops: list[EnclosingLoop] = []
        """The enclosing loops and switches with barriers, in the current function."""
        self.returned = self.exited = self.masks()
        """Masks of the threads that returned from the current function, and from the kernel."""
        self._known_exits = 0
        if ("lanes exit", self.kernel.key) in state.facts.marks:
            state.leader = self.b.slot("i64")
            self.b.do(f"store i64 0, ptr {state.leader}")

    # ---- masks: one for each vector of the block

    def masks(self) -> str:
        """Return memory for one mask for each vector, all empty at first."""
        slot = self.b.slot(f"[{self.state.chunks} x {self.state.v.type('i1')}]")
        self.empty(slot)
        return slot

    def empty(self, masks: str) -> None:
        """Clear the masks of all vectors."""
        self.b.zero(masks, self.state.chunks * max(1, self.state.v.width // 8))

    def load(self, masks: str) -> str:
        """Load the mask of the current vector."""
        return self.state.load_mask(self.state.chunk_element(masks, self.state.v.type("i1")))

    def keep(self, masks: str, lanes: str | None) -> None:
        """Set the mask of the current vector; None stands for all lanes."""
        type = self.state.v.type("i1")
        self.b.do(f"store {type} {lanes or 'splat (i1 true)'}, ptr {self.state.chunk_element(masks, type)}")

    def present(self) -> str:
        """Store the masks of the live threads, and return where."""
        masks = self.masks()
        self.each_thread(lambda: self.keep(masks, self.state.mask))
        return masks

    # ---- the threads that are live

    def _some_may_exit(self) -> bool:
        """Return whether some threads may have exited the current function, or a loop in it.

        In a loop they may have done so further down, in an earlier round.
        """
        keys = [self.state.calls[-1].key] if self.returned else []
        if not self.loops:
            return any(key in self.state.exited for key in keys)
        keys += [enclosing.key for enclosing in self.loops]
        return any(("lanes exit", key) in self.state.facts.marks for key in keys)

    @property
    def partial(self) -> bool:
        """Whether some threads of the block may not be live."""
        return self.live is not None or self._some_may_exit()

    def each_thread(self, action: Callable[[], None]) -> None:
        """Compile code for each live thread; at run time, jump to the end of the construct if there is none."""
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
        """Compile code for a vector with live threads, and record it as the leader: its values stand for the block."""
        self.b.do(f"store i64 {self.state.chunk}, ptr {self.state.leader}")
        action()

    def each_vector(self, action: Callable[[], None]) -> None:
        """Compile code for each vector of threads, live or not."""
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
        """Return the frame of a loop for code of one vector: its exits are recorded in masks."""
        broken, skipped = self._element(enclosing.broken), self._element(enclosing.skipped)
        return LoopFrame(enclosing.key, "never", "", enclosing.step, broken, skipped, enclosing.control)

    def _element(self, masks: str) -> str:
        return masks and self.state.chunk_element(masks, self.state.v.type("i1"))

    def lanes(self) -> str:
        """Return the mask of the live threads of the current vector."""
        state = self.state
        return state.v.without(self.load(self.live) if self.live else state.mask, state.exited_lanes())

    def look(self) -> None:
        """Emit a jump to the end of the construct, taken if no thread is live."""
        if self.partial:
            self.each_thread(lambda: None)

    def look_again(self) -> None:
        """Look for live threads if some may have exited since: the leader may be among those."""
        if len(self.state.exited) != self._known_exits:
            self._known_exits = len(self.state.exited)
            self.look()

    @contextmanager
    def construct(self, key: Any, kind: Variability, live: str) -> Iterator[str]:
        """Compile the code within for the threads of these masks; yield the label of its end."""
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
        self.look()  # the leader may have exited

    # ---- barriers

    def barrier(self) -> None:
        """Compile a barrier. It needs no code, but in a checked build reports threads that do not reach it."""
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
        """Set a bool if threads of this vector are neither here nor exited from the kernel."""
        state = self.state
        others = state.v.without(state.v.without(state.mask, self.load(self.exited)), self.lanes())
        found = self.b.op(f"or i1 {self.b.op(f'load i1, ptr {absent}')}, {state.v.any(others)}")
        self.b.do(f"store i1 {found}, ptr {absent}")


def wider(kind: Variability) -> Variability:
    """Return the divergence that a condition of a kind causes: none, between vectors, or between lanes."""
    return VARYING if kind > 1 else kind
