"""Compiles a node of the syntax tree with the handler of its type; `handlers` has the tables."""

from __future__ import annotations

from imgcuda.cpu.lowering.state import State
from imgcuda.cpu.values.value import Operand
from imgcuda.frontend import syntax


def evaluate(state: State, node: syntax.Expression) -> Operand:
    """Compile an expression for the active threads, and return its value."""
    outer, state.place = state.place, node.place
    try:
        return state.handlers.expressions[type(node)](state, node)
    finally:
        state.place = outer


def execute(state: State, node: syntax.Statement) -> None:
    """Compile one statement for the active threads."""
    state.furthest = node.place
    with state.at(node.place):
        state.handlers.statements[type(node)](state, node)
