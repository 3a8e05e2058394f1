"""An expression compiled as a number, as a condition, or only for its type."""

from __future__ import annotations

from imgcuda.cpu.lowering.dispatch import evaluate
from imgcuda.cpu.lowering.lvalues import value_of
from imgcuda.cpu.lowering.state import State
from imgcuda.cpu.values.types import Type
from imgcuda.cpu.values.value import Address, Value
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
        state.refuse("a pointer as a condition", "compare what it points to, or pass a flag", node.place)
    with state.at(node.place):
        return state.v.flat(state.math.truth(value_of(state, operand)))


def type_of(state: State, node: syntax.Expression) -> Type:
    """Return the type of an expression: it is compiled, and the code is dropped."""
    with state.unwritten():
        return evaluate(state, node).type
