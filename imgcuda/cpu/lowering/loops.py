"""Loops: one scalar loop if all threads make the same iterations; else a divergent loop with lane masks."""

from __future__ import annotations

from typing import Any

from imgcuda.cpu import budget
from imgcuda.cpu.checks.instrument import rounds
from imgcuda.cpu.lowering.branches import expectation, scoped, test_of
from imgcuda.cpu.lowering.conditionals import is_speculatable
from imgcuda.cpu.lowering.dispatch import evaluate
from imgcuda.cpu.lowering.names import names_set
from imgcuda.cpu.lowering.operands import condition
from imgcuda.cpu.lowering.sequences import compile_sequence
from imgcuda.cpu.lowering.single_round import single_round
from imgcuda.cpu.lowering.state import LoopFrame, State
from imgcuda.cpu.lowering.variables import PointerVariable, Variable
from imgcuda.cpu.values.value import BLOCK, VARYING, Value, Variability, constant
from imgcuda.frontend import syntax


def loop(state: State, node: syntax.Loop) -> None:
    """Compile a loop of any kind."""
    if (names := single_round(state, node)) is not None:
        with state.scope(names):
            scoped(state, node.body)
        return
    with state.scope():
        if node.start is not None:
            compile_sequence(state, [node.start])
        key = state.key(node)
        kind = _kind(state, node)
        own_the_head(state, node, key, kind)
        if kind == VARYING:
            _diverging(state, node, key)
        else:
            _uniform(state, node, key, kind)


def _kind(state: State, node: syntax.Loop) -> Variability:
    """Return how the number of iterations varies over the threads."""
    kind = state.facts.exit_divergence(state.key(node))
    if node.condition is None or kind == VARYING:
        return kind
    with state.unwritten():
        return max(kind, test_of(state, node.condition).kind)


def own_the_head(state: State, node: syntax.Loop, key: Any, kind: Variability) -> None:
    """Let the loop's step assign the variables of its head in all lanes, without a mask: exited lanes never read them.

    Variables that the body assigns too are left out: a lane that skips an iteration is active in the next.
    """
    if kind == BLOCK:
        return
    set_in_body = names_set(state, node.body)
    for name, binding in state.scopes[-1].items():
        if name in set_in_body:
            continue
        parts = [binding.base, binding.index] if isinstance(binding, PointerVariable) else [binding]
        for part in parts:
            if isinstance(part, Variable):
                part.control = (*state.control, (key, kind))


def _frame(state: State, key: Any, mask: str | None, broken: str, skipped: str) -> LoopFrame:
    return LoopFrame(key, mask, state.b.label("end"), state.b.label("step"), broken, skipped, state.control)


def _uniform(state: State, node: syntax.Loop, key: Any, kind: Variability) -> None:
    """Compile a loop whose condition is uniform over the vector."""
    frame = _frame(state, key, state.mask, "", "")
    head, body = state.b.label("loop"), state.b.label("body")
    with state.under(key, kind, state.mask):
        count, before = rounds(state), state.b.count
        if node.test_last:
            state.b.jump(body)
        state.b.place(head)
        count(frame.end)
        if node.condition is not None:
            state.b.branch(test_of(state, node.condition).ir, body, frame.end)
        state.b.place(body)
        _iterate(state, node, frame)
        state.b.place(frame.step)
        if node.step is not None:
            with state.collecting():
                evaluate(state, node.step)
        state.b.jump(head, _unroll(state, node, state.b.count - before))
    state.b.place(frame.end)


def _unroll(state: State, node: syntax.Loop, size: int) -> str:
    """Return the unroll metadata of a loop; `size` estimates the instructions of one iteration."""
    if node.unroll is None or state.checks:  # LLVM warns if it cannot unroll a loop
        return ""
    most = max(1, budget.UNROLLED // max(1, size))
    rounds = _rounds(state, node)
    if node.unroll == 0 and rounds <= most:
        state.b.unrolled += (rounds - 1) * size
        return state.b.loop_note('!"llvm.loop.unroll.full"')
    count = min(node.unroll or most, most)
    state.b.unrolled += (min(count, max(rounds, 1)) - 1) * size
    text = f'!"llvm.loop.unroll.count", i32 {count}'
    return state.b.loop_note('!"llvm.loop.unroll.disable"' if count == 1 else text)


def _rounds(state: State, node: syntax.Loop) -> int:
    """Return the trip count of a loop with constant bounds; 1 if it is unknown."""
    match node.start, node.condition, node.step:
        case (
            syntax.Declaration(value=first),
            syntax.Binary("<" | "<=" | ">" | ">=" | "!=", _, last),
            syntax.Unary("++" | "--") | syntax.Postfix() | syntax.Assign("+" | "-" | "*" | "<<" | ">>" | "/") as step,
        ) if first is not None and not isinstance(first, syntax.Initializer):
            with state.unwritten(), state.collecting():
                numbers = [evaluate(state, each) for each in (first, last)]
                by = evaluate(state, step.value) if isinstance(step, syntax.Assign) else constant(1)
                known = [each.const for each in (*numbers, by) if isinstance(each, Value) and each.const is not None]
                if len(known) == 3:
                    linear = not isinstance(step, syntax.Assign) or step.operator in "+-"
                    return int(abs(known[1] - known[0]) // max(1, abs(known[2]))) + 1 if linear else 64
    return 1


def _iterate(state: State, node: syntax.Loop, frame: LoopFrame) -> None:
    """Compile the body. `break` and `continue` are handled here; a `return` makes lanes exit the code behind too."""
    state.loops.append(frame)
    escapes = state.escapes
    try:
        with state.one_loop_deeper():
            scoped(state, node.body)
    finally:
        state.loops.pop()
    if state.escapes != escapes:
        state.escapes = escapes + any(isinstance(each, syntax.Return) for each in syntax.walk(node.body))


def _diverging(state: State, node: syntax.Loop, key: Any) -> None:
    """Compile a loop that the lanes exit at different times.

    After `for (...; __builtin_expect(condition, 0); ...)` there is no copy of it for vectors whose lanes are all in it.
    """
    inside = state.mask_slot()
    state.add_to(inside)
    frame = _frame(state, key, None, state.mask_slot(), state.mask_slot())
    head, fast, check, slow = (state.b.label(hint) for hint in ("loop", "fast", "check", "slow"))
    body = state.b.label("body")
    seldom = node.condition is not None and expectation(node.condition)[1] is False
    count = rounds(state)
    if node.test_last:
        state.b.jump(body)
    state.b.place(head)
    count(frame.end)
    _test(state, node, key, inside)
    state.b.place(body)
    now = state.load_mask(inside)
    if state.mask is None and not seldom:
        state.b.branch(state.v.all(now), fast, check)
        state.b.place(fast)
        with state.under(key, VARYING, None):
            _iterate(state, node, frame)
        state.b.jump(frame.step)
        state.b.place(check)
    state.b.branch(state.v.any(now), slow, frame.end)
    state.b.place(slow)
    frame.mask = now
    with state.under(key, VARYING, now):
        _iterate(state, node, frame)
    state.b.place(frame.step)
    _step(state, node, key, inside, frame)
    state.b.jump(head)
    state.b.place(frame.end)


def _test(state: State, node: syntax.Loop, key: Any, inside: str) -> None:
    """Remove from the loop the lanes for which its condition is false."""
    if node.condition is None:
        return
    now = state.load_mask(inside)
    with state.under(key, VARYING, now):
        holds = condition(state, expectation(node.condition)[0])
    if not holds.const:
        stay = state.v.both(now, state.v.of(holds))
        state.b.do(f"store {state.v.type('i1')} {stay}, ptr {inside}")


def _step(state: State, node: syntax.Loop, key: Any, inside: str, frame: LoopFrame) -> None:
    """Remove from the loop the lanes that exited it, and compile its step for the others."""
    now = state.load_mask(inside)
    for slot in (frame.broken, state.calls[-1].returned):
        if slot:
            now = state.v.without(now, state.load_mask(slot))
    state.b.do(f"store {state.v.type('i1')} {now}, ptr {inside}")
    state.clear(frame.skipped)
    if not all(each is None or _touches_no_memory(state, each) for each in (node.step, node.condition)):
        go_on = state.b.label("go")  # memory must not be accessed without an active lane
        state.b.branch(state.v.any(now), go_on, frame.end)
        state.b.place(go_on)
    if node.step is not None:
        with state.under(key, VARYING, now), state.collecting():
            evaluate(state, node.step)


def _touches_no_memory(state: State, node: syntax.Expression) -> bool:
    """Return whether an expression accesses no memory; it may assign variables."""
    match node:
        case syntax.Assign(_, syntax.Name(name), value):
            return isinstance(state.lookup(name), Variable) and is_speculatable(state, value)
        case syntax.Unary("++" | "--", syntax.Name(name)) | syntax.Postfix(_, syntax.Name(name)):
            return isinstance(state.lookup(name), Variable)
        case syntax.Binary(",", left, right):
            return _touches_no_memory(state, left) and _touches_no_memory(state, right)
    return is_speculatable(state, node)
