"""`&&`, `||` and `?:`: both sides are evaluated if that is speculatable, else each under a lane mask."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from imgcuda.cpu.lowering.dispatch import evaluate
from imgcuda.cpu.lowering.lvalues import convert, declare, read, write
from imgcuda.cpu.lowering.operands import condition, type_of
from imgcuda.cpu.lowering.state import State
from imgcuda.cpu.lowering.variables import Reference, Variable
from imgcuda.cpu.maths.functions import FUNCTIONS
from imgcuda.cpu.values.types import BOOL, Float, Int, PointerTo, Type, common
from imgcuda.cpu.values.value import Address, Operand, Value
from imgcuda.frontend import syntax


def logical(state: State, node: syntax.Binary) -> Operand:
    """Return the value of `&&` or `||`."""
    left = condition(state, node.left)
    if left.const is not None:
        decided = bool(left.const) == (node.operator == "||")
        return left if decided else condition(state, node.right)
    verb = "and" if node.operator == "&&" else "or"
    if is_speculatable(state, node.right):
        return state.math.connect(verb, left, condition(state, node.right))
    result = Variable(state, state.key(node), BOOL)
    result.assign(state, left)
    go_on = left if verb == "and" else state.math.negation(left)
    only_if(state, go_on, state.key(node, "right"), lambda: result.assign(state, condition(state, node.right)))
    return result.read(state)


def only_if(state: State, test: Value, key: Any, then: Callable[[], object]) -> None:
    """Compile code for the threads for which a condition is true; jump over it if there are none."""
    do, end = state.b.label("then"), state.b.label("end")
    if test.scalar:
        state.b.branch(test.ir, do, end)
        mask = state.mask
    else:
        mask = state.v.both(state.mask, test.ir)
        state.b.branch(state.v.any(mask), do, end)
    state.b.place(do)
    with state.under(key, test.kind, mask):
        then()
    state.b.place(end)


def conditional(state: State, node: syntax.Conditional) -> Operand:
    """Return the value of `condition ? then : otherwise`."""
    test = condition(state, node.condition)
    if test.const is not None:
        type = _type(state, node)
        return convert(state, evaluate(state, node.then if test.const else node.otherwise), type)
    if is_speculatable(state, node.then) and is_speculatable(state, node.otherwise):
        then, otherwise = evaluate(state, node.then), evaluate(state, node.otherwise)
        if isinstance(then, Value) and isinstance(otherwise, Value):
            type = then.type if then.type == otherwise.type else common(then.type, otherwise.type)
            return state.math.choose(test, state.math.convert(then, type), state.math.convert(otherwise, type))
        if isinstance(then, Address) and (same := _same_base(state, test, then, otherwise)) is not None:
            return same
    return _branching(state, node, test)


def _same_base(state: State, test: Value, then: Address, otherwise: Operand) -> Address | None:
    """Return the choice between two pointers with one base and different indices; None if the bases differ."""
    if not isinstance(otherwise, Address) or then.kind != otherwise.kind or then.base != otherwise.base:
        return None
    if then.private is not otherwise.private or then.path != otherwise.path or then.type != otherwise.type:
        return None
    chosen = state.math.choose(test, state.math.offset(then), state.math.offset(otherwise))
    return replace(then, index=chosen, scale=1)


def _branching(state: State, node: syntax.Conditional, test: Value) -> Operand:
    """Return a conditional whose sides must not be speculated, since they read memory or call functions."""
    type = _type(state, node)
    result = declare(state, state.key(node), type)
    sides = (test, node.then, "then"), (state.math.negation(test), node.otherwise, "otherwise")

    def take(side: syntax.Expression) -> None:
        write(state, result.address if isinstance(result, Reference) else result, evaluate(state, side))

    for when, chosen, what in sides:
        only_if(state, when, state.key(node, what), lambda chosen=chosen: take(chosen))  # type: ignore[misc]
    return read(state, result)


def _type(state: State, node: syntax.Conditional) -> Type:
    key = state.key(node, "type")
    if key not in state.facts.types:
        state.facts.types[key] = common_type(state, type_of(state, node.then), type_of(state, node.otherwise))
    return state.facts.types[key]


def common_type(state: State, then: Type, otherwise: Type) -> Type:
    """Return the type of a conditional from the types of its sides."""
    if then == otherwise:
        return then
    if isinstance(then, Int | Float) and isinstance(otherwise, Int | Float):
        return common(then, otherwise)
    if isinstance(then, PointerTo) and isinstance(otherwise, PointerTo | Int):  # a number is a null pointer here
        return then
    if isinstance(otherwise, PointerTo) and isinstance(then, Int):
        return otherwise
    return state.fail(f"the two sides of ?: must be of one type; these are a {then} and a {otherwise}")


def is_speculatable(state: State, node: syntax.Expression) -> bool:
    """Return whether an expression may be evaluated speculatively: it reads no memory and has no side effects."""
    match node:
        case syntax.NumberLiteral() | syntax.SizeOf():
            return True
        case syntax.Name(name):
            found = state.lookup(name)
            if isinstance(found, Variable) and found.watched:
                return False
            return not isinstance(found, Reference) or (found.address.private is not None and not state.checks)
        case syntax.Unary(operator, operand):
            return operator in "-+!~" and is_speculatable(state, operand)
        case syntax.Binary(_, left, right):
            return is_speculatable(state, left) and is_speculatable(state, right)
        case syntax.Conditional(test, then, otherwise):
            return all(is_speculatable(state, each) for each in (test, then, otherwise))
        case syntax.Cast(_, value):
            return is_speculatable(state, value)
        case syntax.Member(of):
            return isinstance(of, syntax.Name) and is_speculatable(state, of)
        case syntax.Call(name, arguments):
            known = name in FUNCTIONS and name not in state.unit.functions
            return known and all(is_speculatable(state, each) for each in arguments)
    return False
