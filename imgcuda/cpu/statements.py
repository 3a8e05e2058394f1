"""Statements: branches that all threads take are jumps; where threads differ, each goes on under a mask.

A mask says which threads of the vector are active. While all are, the mask is None and the code is as fast as
if nothing could diverge: so what follows a divergence is compiled twice, once for all and once for some.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from imgcuda.cpu import syntax
from imgcuda.cpu.expressions import condition, convert, declare, evaluate, is_harmless, write
from imgcuda.cpu.names import addressed, resolve_type, set_again
from imgcuda.cpu.state import CallFrame, LoopFrame, State
from imgcuda.cpu.types import Array, Pointer, Struct, Type, size_of
from imgcuda.cpu.values import BLOCK, VARYING, Address, Kind, Memory, Value, constant
from imgcuda.cpu.variables import Private, Reference, Variable
from imgcuda.errors import KernelError, Mistake, PortabilityError


def run(state: State, items: Sequence[syntax.Statement]) -> None:
    """Compile statements in a row, collecting the mistakes of all."""
    mistakes: list[Mistake] = []
    portability = True
    for position, item in enumerate(items):
        escapes = state.escapes
        try:
            execute(state, item)
        except KernelError as error:
            mistakes += error.mistakes
            portability &= isinstance(error, PortabilityError)
            _stand_in(state, item)
            continue
        if state.escapes != escapes:
            rest = items[position + 1 :]
            if rest:
                for_who_is_left(state, lambda rest=rest: run(state, rest))  # type: ignore[misc]
            break
    if mistakes:
        raise (PortabilityError if portability else KernelError)(list(dict.fromkeys(mistakes)))


def _stand_in(state: State, item: syntax.Statement) -> None:
    """Declare what a wrong declaration meant to, so that one mistake is reported once."""
    items = item.items if isinstance(item, syntax.Declarations) else (item,)
    for each in items:
        if isinstance(each, syntax.Declaration):
            state.bind(each.name, state.scopes[-1].get(each.name, constant(0)))


def execute(state: State, node: syntax.Statement) -> None:
    """Compile one statement, for the threads that are active."""
    outer, state.place = state.place, node.place
    try:
        _EXECUTE[type(node)](state, node)
    finally:
        state.place = outer


def for_who_is_left(state: State, rest: Callable[[], None]) -> None:
    """Compile what comes after some threads may have left: fast where none has."""
    gone = _gone(state)
    some, end = state.b.label("some"), state.b.label("end")
    if state.mask is None:
        whole = state.b.label("whole")
        state.b.branch(state.v.any(gone), some, whole)
        state.b.place(whole)
        rest()
        state.b.jump(end)
        state.b.place(some)
    left = state.v.without(state.mask, gone)
    do = state.b.label("left")
    state.b.branch(state.v.any(left), do, end)
    state.b.place(do)
    with state.masked(left):
        rest()
    state.b.place(end)


def _gone(state: State) -> str:
    """Return who has left the loops and the function that are open here."""
    gone = "zeroinitializer"
    for slot in state.escape_slots():
        gone = state.b.op(f"or {state.v.type('i1')} {state.load_mask(slot)}, {gone}")
    return gone


# ---- declarations


def _declaration(state: State, node: syntax.Declaration) -> None:
    type = resolve_type(state, node.type)
    if isinstance(type, Array) and type.size == 0 and isinstance(node.value, syntax.Initializer):
        type = Array(type.element, len(node.value.values))
    function = state.calls[-1].function
    if node in state.reserved:
        (initialise_array if isinstance(state.lookup(node.name), Reference) else initialise)(state, node, type)
    elif node.space == "shared":
        _shared(state, node, type)
    elif isinstance(type, Array) or node.name in addressed(function):
        state.bind(node.name, private_array(state, node, type))
        initialise_array(state, node, type)
    elif node.value is not None and node.name not in set_again(function) and not isinstance(node.value, syntax.Initializer):
        state.bind(node.name, convert(state, evaluate(state, node.value), type))
    else:
        state.bind(node.name, declare(state, state.key(node), type))
        initialise(state, node, type)


def _declarations(state: State, node: syntax.Declarations) -> None:
    for item in node.items:
        execute(state, item)


def initialise(state: State, node: syntax.Declaration, type: Type) -> None:
    """Give a declared variable its first value."""
    target = state.lookup(node.name)
    assert target is not None
    if isinstance(node.value, syntax.Initializer):
        _fill(state, target, type, node.value)
    elif node.value is not None:
        write(state, target, convert(state, evaluate(state, node.value), type))


def _fill(state: State, target: Any, type: Type, values: syntax.Initializer) -> None:
    """Set a structure's fields in order; those without a value become zero, as in C."""
    if not isinstance(type, Struct):
        first = values.values[0] if values.values else None
        write(state, target, convert(state, constant(0) if first is None else evaluate(state, first), type))  # type: ignore[arg-type]
        return
    for position, (name, field) in enumerate(type.fields):
        given = values.values[position] if position < len(values.values) else syntax.Number(0, "int", values.place)
        if isinstance(given, syntax.Initializer):
            _fill(state, target.fields[name], field, given)
        else:
            write(state, target.fields[name], convert(state, evaluate(state, given), field))


def private_array(state: State, node: syntax.Declaration, type: Type) -> Reference:
    """Return new memory for an array of each thread's own."""
    count, element = 1, type
    while isinstance(element, Array):
        count, element = count * element.size, element.element
    if isinstance(element, Pointer):
        state.refuse("an array of pointers", "use one array and an offset into it")
    private = Private(state, element, count, state.key(node))
    return Reference(Address(Pointer(type), "null", BLOCK, Memory(node.name, "private"), private=private))


def initialise_array(state: State, node: syntax.Declaration, type: Type) -> None:
    """Set an array's elements in order; those without a value become zero, as in C."""
    target = state.lookup(node.name)
    assert isinstance(target, Reference)
    if node.value is None:
        return
    if not isinstance(node.value, syntax.Initializer):
        write(state, target.address, evaluate(state, node.value))
        return
    values = flatten(node.value, type)
    element = type
    while isinstance(element, Array):
        element = element.element
    for position, value in enumerate(values):
        cell = replace(target.address, type=Pointer(element), index=constant(position))
        write(state, cell, constant(0) if value is None else evaluate(state, value))


def flatten(values: syntax.Initializer, type: Type) -> list[syntax.Expression | None]:
    """Return an array's initial elements in the order of memory; None for those that are not given."""
    if not isinstance(type, Array):
        return [values.values[0] if values.values and not isinstance(values.values[0], syntax.Initializer) else None]
    made: list[syntax.Expression | None] = []
    if isinstance(type.element, Array) and not any(isinstance(value, syntax.Initializer) for value in values.values):
        made = list(values.values)  # type: ignore[arg-type]
    else:
        for value in values.values:
            made += flatten(value, type.element) if isinstance(value, syntax.Initializer) else [value]
    return made + [None] * (_elements(type) - len(made))


def _elements(type: Type) -> int:
    return type.size * _elements(type.element) if isinstance(type, Array) else 1


def _shared(state: State, node: syntax.Declaration, type: Type) -> None:
    """Reserve shared memory: a block runs on one core, so it is that core's own."""
    memory = Memory(node.name, "shared")
    if node.external:
        state.bind(node.name, Reference(Address(Pointer(type), "%shared", BLOCK, memory)))
        return
    slot = state.b.slot(f"[{size_of(type)} x i8]", 64)
    state.bind(node.name, Reference(Address(Pointer(type), slot, BLOCK, memory)))


# ---- branches


def _evaluate(state: State, node: syntax.Evaluate) -> None:
    evaluate(state, node.value)


def _block(state: State, node: syntax.Block) -> None:
    with state.scope():
        run(state, node.items)


def _if(state: State, node: syntax.If) -> None:
    test = condition(state, node.condition)
    if test.const is not None:
        chosen = node.then if test.const else node.otherwise
        if chosen is not None:
            _scoped(state, chosen)
    elif test.scalar:
        _branch(state, node, test)
    elif _is_simple(node.then) and (node.otherwise is None or _is_simple(node.otherwise)):
        _predicate(state, node, test)
    else:
        _diverge(state, node, test)


def _scoped(state: State, node: syntax.Statement) -> None:
    with state.scope():
        execute(state, node)


def _branch(state: State, node: syntax.If, test: Value) -> None:
    """Compile a branch that all threads of the vector take alike."""
    then, otherwise, end = (state.b.label(hint) for hint in ("then", "else", "end"))
    state.b.branch(test.ir, then, otherwise)
    for label, side, what in ((then, node.then, "then"), (otherwise, node.otherwise, "else")):
        state.b.place(label)
        if side is not None:
            with state.under(state.key(node, what), test.kind, state.mask):
                _scoped(state, side)
        state.b.jump(end)
    state.b.place(end)


def _is_simple(node: syntax.Statement) -> bool:
    """Return whether a statement only sets variables, so that setting them under a mask is cheaper than a jump."""
    match node:
        case syntax.Evaluate(syntax.Assign(_, syntax.Name(), value)):
            return is_harmless(value)
        case syntax.Evaluate(syntax.Unary("++" | "--", syntax.Name()) | syntax.Postfix(_, syntax.Name())):
            return True
        case syntax.Block(items):
            return len(items) <= 4 and all(map(_is_simple, items))
    return False


def _predicate(state: State, node: syntax.If, test: Value) -> None:
    for side, chosen, what in ((node.then, test.ir, "then"), (node.otherwise, None, "else")):
        if side is not None:
            mask = state.v.both(state.mask, chosen) if chosen else state.v.without(state.mask, test.ir)
            with state.under(state.key(node, what), VARYING, mask):
                _scoped(state, side)


def _diverge(state: State, node: syntax.If, test: Value) -> None:
    """Compile a branch that some threads take: unmasked where all do, one side after the other where not."""
    end = state.b.label("end")
    if state.mask is None:
        _if_all_agree(state, node, test, end)
    _some(state, node.then, state.key(node, "then"), state.v.both(state.mask, test.ir))
    if node.otherwise is not None:
        _some(state, node.otherwise, state.key(node, "else"), state.v.without(state.mask, test.ir))
    state.b.place(end)


def _if_all_agree(state: State, node: syntax.If, test: Value, end: str) -> None:
    """Compile the ways that all threads take together, and go on where they do not."""
    then, otherwise, mixed = (state.b.label(hint) for hint in ("all", "none", "mixed"))
    unknown = state.b.label("unknown")
    state.b.branch(test.all or state.v.all(test.ir), then, unknown)
    state.b.place(unknown)
    state.b.branch(test.none or state.v.none(test.ir), otherwise, mixed)
    for label, side, what in ((then, node.then, "then"), (otherwise, node.otherwise, "else")):
        state.b.place(label)
        if side is not None:
            with state.under(state.key(node, what), VARYING, None):
                _scoped(state, side)
        state.b.jump(end)
    state.b.place(mixed)


def _some(state: State, node: syntax.Statement, key: Any, mask: str) -> None:
    do, skip = state.b.label("some"), state.b.label("skip")
    state.b.branch(state.v.any(mask), do, skip)
    state.b.place(do)
    with state.under(key, VARYING, mask):
        _scoped(state, node)
    state.b.place(skip)


# ---- loops


def _loop(state: State, node: syntax.Loop) -> None:
    with state.scope():
        if node.start is not None:
            execute(state, node.start)
        key = state.key(node)
        kind = _loop_kind(state, node)
        # What the head of the loop declares is not read by a thread that has left it.
        _own_the_head(state, node, key, kind)
        if kind == VARYING:
            _diverging_loop(state, node, key)
        else:
            _uniform_loop(state, node, key, kind)


def _loop_kind(state: State, node: syntax.Loop) -> Kind:
    """Return whether all threads make the same iterations."""
    if ("left", state.key(node)) in state.facts.marks:
        return VARYING
    if node.condition is None:
        return BLOCK
    after = state.b.label("after")
    state.b.jump(after)  # the condition is compiled where it is never reached, to see its kind
    kind = condition(state, node.condition).kind
    state.b.place(after)
    return kind


def _own_the_head(state: State, node: syntax.Loop, key: Any, kind: Kind) -> None:
    if kind != BLOCK:
        for binding in state.scopes[-1].values():
            if isinstance(binding, Variable):
                binding.control = (*state.control, (key, kind))


def _frame(state: State, key: Any, mask: str | None, broken: str, skipped: str) -> LoopFrame:
    return LoopFrame(key, mask, state.b.label("end"), state.b.label("step"), broken, skipped)


def _uniform_loop(state: State, node: syntax.Loop, key: Any, kind: Kind) -> None:
    frame = _frame(state, key, state.mask, "", "")
    head, body = state.b.label("loop"), state.b.label("body")
    with state.under(key, kind, state.mask):
        if node.test_last:
            state.b.jump(body)
        state.b.place(head)
        if node.condition is not None:
            state.b.branch(condition(state, node.condition).ir, body, frame.end)
        state.b.place(body)
        _iterate(state, node, frame)
        state.b.place(frame.step)
        if node.step is not None:
            evaluate(state, node.step)
        state.b.jump(head, _unroll(state, node))
    state.b.place(frame.end)


def _unroll(state: State, node: syntax.Loop) -> str:
    if node.unroll is None:
        return ""
    if node.unroll == 0:
        return state.b.loop_note('!"llvm.loop.unroll.full"')
    return state.b.loop_note('!"llvm.loop.unroll.disable"' if node.unroll == 1 else f'!"llvm.loop.unroll.count", i32 {node.unroll}')


def _iterate(state: State, node: syntax.Loop, frame: LoopFrame) -> None:
    state.loops.append(frame)
    escapes = state.escapes
    try:
        _scoped(state, node.body)
    finally:
        state.loops.pop()
    state.escapes = escapes + (state.escapes != escapes and _returns(node))


def _returns(node: syntax.Loop) -> bool:
    return any(isinstance(each, syntax.Return) for each in syntax.walk(node.body))


def _diverging_loop(state: State, node: syntax.Loop, key: Any) -> None:
    """Compile a loop that threads leave at different times: it goes on while any is in it."""
    inside = state.mask_slot()
    state.add_to(inside)
    frame = _frame(state, key, None, state.mask_slot(), state.mask_slot())
    head, fast, check, slow = (state.b.label(hint) for hint in ("loop", "fast", "check", "slow"))
    body = state.b.label("body")
    if node.test_last:
        state.b.jump(body)
    state.b.place(head)
    _test(state, node, key, inside)
    state.b.place(body)
    now = state.load_mask(inside)
    if state.mask is None:
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
    """Keep in the loop the threads for which its condition holds."""
    if node.condition is None:
        return
    now = state.load_mask(inside)
    with state.under(key, VARYING, now):
        holds = condition(state, node.condition)
    if holds.const is None:
        stay = state.v.both(now, state.v.of(holds))
        state.b.do(f"store {state.v.type('i1')} {stay}, ptr {inside}")


def _step(state: State, node: syntax.Loop, key: Any, inside: str, frame: LoopFrame) -> None:
    """Take out of the loop the threads that have left it, and do its step for the others."""
    now = state.load_mask(inside)
    for slot in (frame.broken, state.calls[-1].returned):
        if slot:
            now = state.v.without(now, state.load_mask(slot))
    state.b.do(f"store {state.v.type('i1')} {now}, ptr {inside}")
    state.clear(frame.skipped)
    if node.step is not None:
        with state.under(key, VARYING, now):
            evaluate(state, node.step)


# ---- leaving


def _break(state: State, node: syntax.Break) -> None:
    if not state.loops:
        state.fail("'break' outside a loop")
    frame = state.loops[-1]
    _leave(state, frame, frame.broken, frame.end)


def _continue(state: State, node: syntax.Continue) -> None:
    frame = next((frame for frame in reversed(state.loops) if frame.step), None)
    if frame is None:
        state.fail("'continue' outside a loop")
    _leave(state, frame, frame.skipped, frame.step)


def _return(state: State, node: syntax.Return) -> None:
    frame = state.calls[-1]
    if node.value is not None:
        if frame.result is None:
            state.fail(f"{frame.function.name}() returns nothing, but this returns a value")
        write(state, frame.result, evaluate(state, node.value))
    _leave(state, frame, frame.returned, frame.end)


def _leave(state: State, frame: LoopFrame | CallFrame, slot: str, label: str) -> None:
    """Jump if all threads that came here together go; else note who goes, and let the others go on."""
    if state.mask == frame.mask:
        state.b.jump(label)
        return
    left = [frame, *state.loops] if isinstance(frame, CallFrame) else [frame]
    for each in left:
        state.facts.mark(("left", each.key))
    state.escapes += 1
    if slot:
        state.add_to(slot)


_EXECUTE: dict[type, Callable[[State, Any], None]] = {
    syntax.Declaration: _declaration,
    syntax.Declarations: _declarations,
    syntax.Evaluate: _evaluate,
    syntax.Block: _block,
    syntax.If: _if,
    syntax.Loop: _loop,
    syntax.Break: _break,
    syntax.Continue: _continue,
    syntax.Return: _return,
}
