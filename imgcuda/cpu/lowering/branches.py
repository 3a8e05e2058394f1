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
    tested, expected = expectation(node.condition)
    test = test_of(state, tested)
    if test.const is not None:
        chosen = node.then if test.const else node.otherwise
        if chosen is not None:
            scoped(state, chosen)
    elif test.scalar:
        _uniform(state, node, test)
    elif _is_simple(state, node.then) and (node.otherwise is None or _is_simple(state, node.otherwise)):
        _predicate(state, node, test)
    else:
        _diverge(state, node, test, expected)


def expectation(node: syntax.Expression) -> tuple[syntax.Expression, bool | None]:
    """Return a condition, and what `__builtin_expect(condition, 1)` says of it; None if nothing."""
    match node:
        case syntax.Call("__builtin_expect", (tested, syntax.NumberLiteral(number))):
            return tested, bool(number)
    return node, None


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


def _diverge(state: State, node: syntax.If, test: Value, expected: bool | None) -> None:
    """Compile a divergent `if`: a jump if all lanes agree at run time, else one side after the other, masked."""
    end = state.b.label("end")
    if state.mask is not None:
        expected = None
    elif expected is None:
        _if_all_agree(state, node, test, end)
    else:
        _if_as_expected(state, node, test, expected, end)
    sizes = [_some(state, node.then, state.key(node, "then"), state.v.both(state.mask, test.ir))]
    if node.otherwise is not None:
        sizes.append(_some(state, node.otherwise, state.key(node, "else"), state.v.without(state.mask, test.ir)))
    if expected is not None and len(sizes) == 2:
        # An expectation must not make vectors longer, for which there would be too few registers.
        state.b.unrolled += sizes[expected]
    state.b.place(end)


def _if_all_agree(state: State, node: syntax.If, test: Value, end: str) -> None:
    """Compile both sides without a mask, for the case that all lanes agree; the code for the other case follows."""
    then, otherwise, mixed = (state.b.label(hint) for hint in ("all", "none", "mixed"))
    unknown = state.b.label("unknown")
    state.b.branch(test.all or state.v.all(test.ir), then, unknown)
    state.b.place(unknown)
    # Without the note, LLVM computes the mixed case's vectors ahead, for all cases.
    state.b.branch(test.none or state.v.none(test.ir), otherwise, mixed, state.b.likely())
    for label, side, what in ((then, node.then, "then"), (otherwise, node.otherwise, "else")):
        state.b.place(label)
        if side is not None:
            with state.under(state.key(node, what), VARYING, None):
                scoped(state, side)
        state.b.jump(end)
    state.b.place(mixed)


def _if_as_expected(state: State, node: syntax.If, test: Value, expected: bool, end: str) -> None:
    """Compile the expected side without a mask, for the case that all lanes take it.

    The other side gets no such copy: even where all lanes take it, it runs under a mask. LLVM compiles half as much.
    """
    taken, other = state.b.label("expected"), state.b.label("mixed")
    agree = (test.all or state.v.all(test.ir)) if expected else (test.none or state.v.none(test.ir))
    state.b.branch(agree, taken, other)
    state.b.place(taken)
    side, what = (node.then, "then") if expected else (node.otherwise, "else")
    if side is not None:
        with state.under(state.key(node, what), VARYING, None):
            scoped(state, side)
    state.b.jump(end)
    state.b.place(other)


def _some(state: State, node: syntax.Statement, key: Any, mask: str) -> int:
    """Compile one side for the lanes of a mask, skipped if there are none; return how many instructions that takes."""
    before = state.b.count
    do, skip = state.b.label("some"), state.b.label("skip")
    state.b.branch(state.v.any(mask), do, skip)
    state.b.place(do)
    with state.under(key, VARYING, mask):
        scoped(state, node)
    state.b.place(skip)
    return state.b.count - before
