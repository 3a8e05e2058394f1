"""Statements in a row, and what follows after some threads have left by `break`, `continue` or `return`.

Branches that all threads take are jumps; where threads diverge, each goes on under a lane mask. It says which
threads of the vector are active. While all are, the mask is None and the code is as fast as if nothing could
diverge: so what follows a divergence is compiled twice, once for all lanes and once for some.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from imgcuda.cpu.lowering.declarations import stand_in
from imgcuda.cpu.lowering.dispatch import execute
from imgcuda.cpu.lowering.state import State
from imgcuda.frontend import syntax


def run(state: State, items: Sequence[syntax.Statement]) -> None:
    """Compile statements in a row."""
    for position, item in enumerate(items):
        escapes = state.escapes
        with state.collecting():
            execute(state, item)
        stand_in(state, item)
        if state.escapes != escapes:
            rest = items[position + 1 :]
            if rest:
                for_remaining_lanes(state, lambda rest=rest: run(state, rest))  # type: ignore[misc]
            break


def for_remaining_lanes(state: State, rest: Callable[[], None]) -> None:
    """Compile what comes after some threads may have left: fast where none has."""
    for_threads(state, state.v.without(state.mask, state.exited_lanes()), rest)


def for_threads(state: State, left: str, rest: Callable[[], None]) -> None:
    """Compile something for some of the threads: without a mask where they are all of the vector."""
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
