"""Statement sequences, and how compilation continues after some lanes have exited by `break`, `continue` or `return`.

A uniform branch is a jump. Where threads diverge, the code runs under a lane mask, which has the active lanes of the
vector. While all lanes are active, the mask is None and the code is as fast as without divergence. So the code after a
divergence is compiled twice: once for all lanes and once under a mask.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from imgcuda.cpu.lowering.declarations import stand_in
from imgcuda.cpu.lowering.dispatch import execute
from imgcuda.cpu.lowering.state import State
from imgcuda.frontend import syntax


def compile_sequence(state: State, items: Sequence[syntax.Statement]) -> None:
    """Compile a sequence of statements."""
    for position, item in enumerate(items):
        escapes = state.escapes
        with state.collecting():
            execute(state, item)
        stand_in(state, item)
        if state.escapes != escapes:
            rest = items[position + 1 :]
            if rest:
                for_remaining_lanes(state, lambda rest=rest: compile_sequence(state, rest))  # type: ignore[misc]
            break


def for_remaining_lanes(state: State, rest: Callable[[], None]) -> None:
    """Compile the code that follows where lanes may have exited: fast if none has."""
    for_threads(state, state.v.without(state.mask, state.exited_lanes()), rest)


def for_threads(state: State, left: str, rest: Callable[[], None]) -> None:
    """Compile code for some lanes: without a mask if, at run time, they are all lanes of the vector."""
    some, end = state.b.label("some"), state.b.label("end")
    if state.mask is None:
        whole = state.b.label("whole")
        state.b.branch(state.v.all(left), whole, some)
        state.b.place(whole)
        rest()
        state.b.jump(end)
        state.b.place(some)
    do = state.b.label("left")
    state.b.branch(state.v.any(left), do, end)
    state.b.place(do)
    with state.masked(left):
        rest()
    state.b.place(end)
