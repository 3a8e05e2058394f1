"""`if`: a jump where the condition is uniform; else both sides, each under a lane mask."""

from __future__ import annotations

from typing import Any

from imgcuda.cpu.lowering.conditionals import is_speculatable
from imgcuda.cpu.lowering.operands import condition
from imgcuda.cpu.lowering.sequences import compile_sequence
from imgcuda.cpu.lowering.state import State
from imgcuda.cpu.lowering.variables import Variable
from imgcuda.cpu.values.types import BOOL
from imgcuda.cpu.values.value import BLOCK, VARYING, Value
from imgcuda.frontend import syntax


def test_of(state: State, node: syntax.Expression) -> Value:
    """Return a condition; after an error in it, return a stand-in, so that errors behind it are found too."""
    with state.collecting():
        return condition(state, node)
    return Value(BOOL, BLOCK, "poison")


def branch(state: State, node: syntax.If) -> None:
    """Compile an `if`."""
    test = test_of(state, node.condition)
    if test.const is not None:
        chosen = node.then if test.const else node.otherwise
        if chosen is not None:
            scoped(state, chosen)
    elif test.scalar:
        _uniform(state, node, test)
    elif _is_simple(state, node.then) and (node.otherwise is None or _is_simple(state, node.otherwise)):
        _predicate(state, node, test)
    else:
        _diverge(state, node, test)


def scoped(state: State, node: syntax.Statement) -> None:
    """Compile the body of a branch or loop in a scope of its own."""
    with state.scope():
        compile_sequence(state, node.items if isinstance(node, syntax.Block) else [node])


def _uniform(state: State, node: syntax.If, test: Value) -> None:
    """Compile an `if` whose condition is uniform over the vector: a jump."""
    then, otherwise, end = (state.b.label(hint) for hint in ("then", "else", "end"))
    state.b.branch(test.ir, then, otherwise)
    for label, side, what in ((then, node.then, "then"), (otherwise, node.otherwise, "else")):
        state.b.place(label)
        if side is not None:
            with state.under(state.key(node, what), test.kind, state.mask):
                scoped(state, side)
        state.b.jump(end)
    state.b.place(end)


def _is_simple(state: State, node: syntax.Statement) -> bool:
    """Return whether a statement only assigns variables: under a mask that is cheaper than a jump."""
    match node:
        case syntax.Evaluate(syntax.Assign(_, syntax.Name(name), value)):
            return isinstance(state.lookup(name), Variable) and is_speculatable(state, value)
        case syntax.Evaluate(syntax.Unary("++" | "--", syntax.Name(name)) | syntax.Postfix(_, syntax.Name(name))):
            return isinstance(state.lookup(name), Variable)
        case syntax.Block(items):
            return len(items) <= 4 and all(_is_simple(state, item) for item in items)
    return False


def _predicate(state: State, node: syntax.If, test: Value) -> None:
    """Compile both sides under lane masks, without a jump."""
    for side, chosen, what in ((node.then, test.ir, "then"), (node.otherwise, None, "else")):
        if side is not None:
            mask = state.v.both(state.mask, chosen) if chosen else state.v.without(state.mask, test.ir)
            with state.under(state.key(node, what), VARYING, mask):
                scoped(state, side)


def _diverge(state: State, node: syntax.If, test: Value) -> None:
    """Compile a divergent `if`: a jump if all lanes agree at run time, else one side after the other, masked."""
    end = state.b.label("end")
    if state.mask is None:
        _if_all_agree(state, node, test, end)
    _some(state, node.then, state.key(node, "then"), state.v.both(state.mask, test.ir))
    if node.otherwise is not None:
        _some(state, node.otherwise, state.key(node, "else"), state.v.without(state.mask, test.ir))
    state.b.place(end)


def _if_all_agree(state: State, node: syntax.If, test: Value, end: str) -> None:
    """Compile both sides without a mask, for the case that all lanes agree; the code for the other case follows."""
    then, otherwise, mixed = (state.b.label(hint) for hint in ("all", "none", "mixed"))
    unknown = state.b.label("unknown")
    state.b.branch(test.all or state.v.all(test.ir), then, unknown)
    state.b.place(unknown)
    state.b.branch(test.none or state.v.none(test.ir), otherwise, mixed)
    for label, side, what in ((then, node.then, "then"), (otherwise, node.otherwise, "else")):
        state.b.place(label)
        if side is not None:
            with state.under(state.key(node, what), VARYING, None):
                scoped(state, side)
        state.b.jump(end)
    state.b.place(mixed)


def _some(state: State, node: syntax.Statement, key: Any, mask: str) -> None:
    """Compile one side for the lanes of a mask; skip it if there are none."""
    do, skip = state.b.label("some"), state.b.label("skip")
    state.b.branch(state.v.any(mask), do, skip)
    state.b.place(do)
    with state.under(key, VARYING, mask):
        scoped(state, node)
    state.b.place(skip)
