"""What has an effect, so that it matters how often and for whom it is evaluated."""

from __future__ import annotations

from collections.abc import Callable

from imgcuda.cpu import syntax
from imgcuda.cpu.atomics import ATOMICS
from imgcuda.cpu.names import root
from imgcuda.cpu.state import State


def has_effects(state: State, node: object, allowed: Callable[[str], bool]) -> bool:
    """Return whether evaluating something changes what others see; setting variables that are `allowed` is none."""
    for each in syntax.walk(node):
        match each:
            case syntax.Assign(_, target) | syntax.Unary("++" | "--", target) | syntax.Postfix(_, target):
                if not allowed(root(target)):
                    return True
            case syntax.Call(name):
                function = state.unit.functions.get(name)
                if name in ATOMICS or (function is not None and _function_has_effects(state, function)):
                    return True
    return False


def _function_has_effects(state: State, function: syntax.Function) -> bool:
    """Return whether a function does more than to compute its result from what it is given."""
    if any(isinstance(parameter.type, syntax.ReferenceType) and not parameter.const for parameter in function.parameters):
        return True
    return has_effects(state, function.body, bool)  # a name alone is a variable of the function's own
