"""Finds loops that run once, like one over a thread's samples if it makes one; their bodies are compiled alone.

LLVM removes such a loop, too, but takes as long to find that out as for a whole loop.
"""

from __future__ import annotations

from imgcuda.cpu.lowering.names import addressed, names_set
from imgcuda.cpu.lowering.operands import condition
from imgcuda.cpu.lowering.state import State
from imgcuda.cpu.lowering.variables import Binding
from imgcuda.cpu.values.value import Value, constant
from imgcuda.frontend import syntax


def single_round(state: State, node: syntax.Loop) -> dict[str, Binding] | None:
    """Return the scope of a loop that runs once, with its counter as a constant; None for any other loop."""
    match node:
        case syntax.Loop(
            syntax.Declaration(name, syntax.NamedType("int"), syntax.NumberLiteral(int(first)), space=""),
            syntax.Binary() as test,
            syntax.Unary("++", syntax.Name(stepped)) | syntax.Postfix("++", syntax.Name(stepped)),
            test_last=False,
        ) if name == stepped and not addressed(state, name):
            only, following = constant(first), constant(first + 1)
            if _holds(state, test, name, only) == 1 and _holds(state, test, name, following) == 0:
                return {name: only} if _is_left_alone(state, node.body, name) else None
    return None


def _holds(state: State, test: syntax.Expression, name: str, value: Value) -> int | float | None:
    """Return a condition's result for a value of the counter; None if that is unknown at compile time."""
    with state.unwritten(), state.scope({name: value}), state.collecting():
        return condition(state, test).const
    return None


def _is_left_alone(state: State, body: syntax.Statement, name: str) -> bool:
    """Return whether a loop's body neither sets the counter nor leaves the round early."""
    jumps = any(isinstance(each, syntax.Break | syntax.Continue) for each in syntax.walk(body))
    return not jumps and name not in names_set(state, body)
