"""Statements in a row, and the ways out: `break`, `continue` and `return`.

Branches that all threads take are jumps; where threads differ, each goes on under a mask. A mask says which
threads of the vector are active. While all are, the mask is None and the code is as fast as if nothing could
diverge: so what follows a divergence is compiled twice, once for all and once for some.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from imgcuda.cpu.frontend import syntax
from imgcuda.cpu.lowering.branches import branch
from imgcuda.cpu.lowering.declarations import declaration, stand_in
from imgcuda.cpu.lowering.expressions import evaluate
from imgcuda.cpu.lowering.loops import loop
from imgcuda.cpu.lowering.lvalues import write
from imgcuda.cpu.lowering.state import CallFrame, LoopFrame, State
from imgcuda.cpu.lowering.switches import switch
from imgcuda.cpu.lowering.variables import Reference
from imgcuda.cpu.values.types import VOID
from imgcuda.cpu.values.values import UNIFORM


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
                for_who_is_left(state, lambda rest=rest: run(state, rest))  # type: ignore[misc]
            break


def execute(state: State, node: syntax.Statement) -> None:
    """Compile one statement, for the threads that are active."""
    state.furthest = node.place
    with state.at(node.place):
        _EXECUTE[type(node)](state, node)


def for_who_is_left(state: State, rest: Callable[[], None]) -> None:
    """Compile what comes after some threads may have left: fast where none has."""
    for_threads(state, state.v.without(state.mask, state.gone()), rest)


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


def _evaluate(state: State, node: syntax.Evaluate) -> None:
    evaluate(state, node.value)


def _block(state: State, node: syntax.Block) -> None:
    with state.scope():
        run(state, node.items)


def _declarations(state: State, node: syntax.Declarations) -> None:
    run(state, node.items)


# ---- leaving


def _break(state: State, node: syntax.Break) -> None:
    frame = state.loops[-1]
    _leave(state, frame, [frame], frame.broken, frame.end)


def _continue(state: State, node: syntax.Continue) -> None:
    around = [position for position, frame in enumerate(state.loops) if frame.step]
    frame = state.loops[around[-1]]
    _leave(state, frame, state.loops[around[-1] :], frame.skipped, frame.step)


def _return(state: State, node: syntax.Return) -> None:
    frame = state.calls[-1]
    if node.value is not None:
        value = evaluate(state, node.value)
        if frame.result is not None:
            write(state, frame.result.address if isinstance(frame.result, Reference) else frame.result, value)
        elif str(value.type) != str(VOID):
            remedy = "write 'return;'" if frame.function.kernel else "give the function a type"
            state.fail(f"{frame.function.name}() returns nothing, but this returns a value", remedy)
    elif frame.result is not None:
        state.fail(f"{frame.function.name}() must return a {frame.result.type}, but this returns nothing")
    # A loop around a barrier goes on as long as any thread is in it, and needs not know who returned.
    loops = [loop for loop in state.loops if loop.mask != "never"]
    _leave(state, frame, [frame, *loops], frame.returned, frame.end)


def _leave(
    state: State, frame: LoopFrame | CallFrame, left: Sequence[LoopFrame | CallFrame], slot: str, label: str
) -> None:
    """Jump if all threads that came here together go; else note who goes, and let the others go on."""
    if state.mask == frame.mask:
        state.b.jump(label)
        if state.divergence(frame.control) >= UNIFORM:
            state.facts.mark(("parted", frame.key))
        return
    for each in left:
        state.facts.mark(("left", each.key))
    state.escapes += 1
    if slot:
        state.add_to(slot)


_EXECUTE: dict[type, Callable[[State, Any], None]] = {
    syntax.Declaration: declaration,
    syntax.Declarations: _declarations,
    syntax.Evaluate: _evaluate,
    syntax.Block: _block,
    syntax.If: branch,
    syntax.Loop: loop,
    syntax.Switch: switch,
    syntax.Break: _break,
    syntax.Continue: _continue,
    syntax.Return: _return,
}
