"""Whether code has side effects, and whether it contains a barrier."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from imgcuda.cpu.lowering.atomics import ATOMICS
from imgcuda.cpu.lowering.names import root
from imgcuda.cpu.lowering.printf_format import PRINTF
from imgcuda.cpu.lowering.state import State
from imgcuda.frontend import syntax


def has_barrier(state: State, node: object) -> bool:
    """Return whether code contains a barrier, or calls a function that does."""
    return any(call.name == "__syncthreads" for call in calls_in(node, state.unit.functions))


def has_effects(state: State, node: object, allowed: Callable[[str], bool]) -> bool:
    """Return whether code has side effects; assigning a variable for which `allowed` is true is none."""
    calls = list(calls_in(node, state.unit.functions))
    functions = {call.name: state.unit.functions[call.name] for call in calls if call.name in state.unit.functions}
    return (
        _sets(node, allowed)
        or any(call.name in ATOMICS or call.name == PRINTF for call in calls)
        or any(
            _sets(each.body, lambda name: _is_local(state, name)) or _by_reference(each) for each in functions.values()
        )
    )


def _is_local(state: State, name: str) -> bool:
    """Return whether a name in a called function is a local variable's, and not a `__device__` variable's."""
    return bool(name) and name.removeprefix("::") not in state.variables


def calls_in(node: object, functions: Mapping[str, syntax.Function]) -> Iterator[syntax.Call]:
    """Yield the calls in some code, and in the functions that it calls."""
    return _calls(node, functions, set())


def _calls(node: object, functions: Mapping[str, syntax.Function], seen: set[str]) -> Iterator[syntax.Call]:
    for each in syntax.walk(node):
        if isinstance(each, syntax.Call):
            yield each
            function = functions.get(each.name)
            if function is not None and each.name not in seen:
                seen.add(each.name)
                yield from _calls(function.body, functions, seen)


def _sets(node: object, allowed: Callable[[str], bool]) -> bool:
    for each in syntax.walk(node):
        match each:
            case syntax.Assign(_, target) | syntax.Unary("++" | "--", target) | syntax.Postfix(_, target):
                if not allowed(root(target)):
                    return True
    return False


def _by_reference(function: syntax.Function) -> bool:
    return any(isinstance(each.type, syntax.ReferenceType) and not each.const for each in function.parameters)
