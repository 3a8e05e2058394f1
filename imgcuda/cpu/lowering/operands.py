"""An expression compiled as a number, as a condition, or only for its type."""

from __future__ import annotations

from imgcuda.cpu.lowering.dispatch import evaluate
from imgcuda.cpu.lowering.lvalues import value_of
from imgcuda.cpu.lowering.state import State
from imgcuda.cpu.values.types import BOOL, I64, Type
from imgcuda.cpu.values.value import NULL, VARYING, Address, Value, constant
from imgcuda.frontend import syntax


def number(state: State, node: syntax.Expression) -> Value:
    """Return the value of an expression as a number; report an error if it is none."""
    operand = evaluate(state, node)
    with state.at(node.place):
        return value_of(state, operand)


def condition(state: State, node: syntax.Expression) -> Value:
    """Return the value of an expression as a bool."""
    operand = evaluate(state, node)
    if isinstance(operand, Address):
        return state.v.flat(compare_with_null(state, "!=", operand))
    with state.at(node.place):
        return state.v.flat(state.math.truth(value_of(state, operand)))


def compare_with_null(state: State, operator: str, address: Address) -> Value:
    """Return the comparison of a pointer with null; one to a thread's own variable is never null."""
    if address.private is not None or (address.base == NULL and address.index is None):
        return constant((operator == "!=") == (address.private is not None), BOOL)
    return state.math.compare(operator, position(state, address), constant(0, I64))


def position(state: State, address: Address) -> Value:
    """Return an address as a number."""
    if address.kind == VARYING:
        base = state.b.op(f"ptrtoint {state.v.type('ptr')} {address.base} to {state.v.type('i64')}")
    else:
        base = state.b.op(f"ptrtoint ptr {address.base} to i64")
    return state.math.binary("+", Value(I64, address.kind, base), state.math.offset(address))


def type_of(state: State, node: syntax.Expression) -> Type:
    """Return the type of an expression: it is compiled, and the code is dropped."""
    with state.unwritten():
        return evaluate(state, node).type
