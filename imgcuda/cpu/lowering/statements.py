"""Compiles expression statements, blocks, `break`, `continue` and `return`."""

from __future__ import annotations

from collections.abc import Sequence

from imgcuda.cpu.lowering.dispatch import evaluate
from imgcuda.cpu.lowering.lvalues import write
from imgcuda.cpu.lowering.sequences import compile_sequence
from imgcuda.cpu.lowering.state import CallFrame, LoopFrame, State
from imgcuda.cpu.lowering.variables import Reference
from imgcuda.cpu.values.types import VOID
from imgcuda.cpu.values.value import UNIFORM
from imgcuda.frontend import syntax


def expression(state: State, node: syntax.Evaluate) -> None:
    """Compile an expression statement."""
    evaluate(state, node.value)


def block(state: State, node: syntax.Block) -> None:
    """Compile a block in braces."""
    with state.scope():
        compile_sequence(state, node.items)


def declarations(state: State, node: syntax.Declarations) -> None:
    """Compile several declarations in one statement: `int a, b;`."""
    compile_sequence(state, node.items)


# ---- jumps


def break_statement(state: State, node: syntax.Break) -> None:
    """Compile `break`."""
    frame = state.loops[-1]
    _exit_lanes(state, frame, [frame], frame.broken, frame.end)


def continue_statement(state: State, node: syntax.Continue) -> None:
    """Compile `continue`."""
    enclosing = [position for position, frame in enumerate(state.loops) if frame.step]
    frame = state.loops[enclosing[-1]]
    _exit_lanes(state, frame, state.loops[enclosing[-1] :], frame.skipped, frame.step)


def return_statement(state: State, node: syntax.Return) -> None:
    """Compile `return`."""
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
    # A loop with a barrier runs while any thread is in it, so it need not know which threads returned.
    loops = [loop for loop in state.loops if loop.mask != "never"]
    _exit_lanes(state, frame, [frame, *loops], frame.returned, frame.end)


def _exit_lanes(
    state: State, frame: LoopFrame | CallFrame, left: Sequence[LoopFrame | CallFrame], slot: str, label: str
) -> None:
    """Jump if all lanes that entered the construct exit; else add the active lanes to a mask of exited lanes."""
    if state.mask == frame.mask:
        state.b.jump(label)
        if state.divergence(frame.control) >= UNIFORM:
            state.facts.mark(("vectors exit", frame.key))
        return
    for each in left:
        state.facts.mark(("lanes exit", each.key))
        state.exited.add(each.key)
    state.escapes += 1
    if slot:
        state.add_to(slot)
