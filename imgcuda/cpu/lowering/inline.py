"""Inlines functions of the source at their calls, so that uniform arguments stay uniform within them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from imgcuda.cpu.lowering.dispatch import evaluate
from imgcuda.cpu.lowering.lvalues import convert, declare, private, read, referred, write
from imgcuda.cpu.lowering.names import addressed, resolve_type, set_again
from imgcuda.cpu.lowering.sequences import compile_sequence
from imgcuda.cpu.lowering.state import CallFrame, State
from imgcuda.cpu.lowering.variables import Binding, Reference
from imgcuda.cpu.values.types import VOID, Type, has_array, has_pointer
from imgcuda.cpu.values.value import NOTHING, Operand
from imgcuda.frontend import syntax


def inline(state: State, function: syntax.Function, node: syntax.Call) -> Operand:
    """Inline a function at a call, and return its result."""
    check(state, function, node)
    pairs = list(zip(function.parameters, node.arguments, strict=True))
    given = [argument(state, parameter, value) for parameter, value in pairs]
    with entered(state, function, node):
        for parameter, binding in zip(function.parameters, given, strict=True):
            state.bind(parameter.name, own(state, parameter, binding))
        return _body(state, state.calls[-1], resolve_type(state, function.result))


def check(state: State, function: syntax.Function, node: syntax.Call) -> None:
    """Report a call with a wrong number of arguments, of a kernel, or of a recursive function."""
    wanted, given = len(function.parameters), len(node.arguments)
    if any(frame.function is function for frame in state.calls):
        state.refuse(f"{function.name}() calls itself", "write it as a loop")
    if function.kernel:
        remedy = "make a __device__ function of what both need"
        state.refuse(f"{function.name}() is a kernel and cannot be called", remedy)
    if wanted != given:
        names = ", ".join(parameter.name for parameter in function.parameters)
        plural = "s" * (wanted != 1)
        state.fail(f"{function.name}({names}) takes {wanted} argument{plural}; it is given {given}")


@contextmanager
def entered(state: State, function: syntax.Function, node: syntax.Call) -> Iterator[None]:
    """Compile the code within as the body of a function, with scopes of its own."""
    outer = state.path, state.scopes, state.loops
    state.path, state.scopes, state.loops = (*state.path, id(node)), [state.scopes[0], {}], []
    frame = CallFrame(state.key(function), function, state.mask, state.b.label("return"), "", control=state.control)
    state.calls.append(frame)
    outer_locals, state.locals = state.locals, dict(state.locals)
    try:
        yield
    finally:
        state.calls.pop()
        state.path, state.scopes, state.loops = outer
        state.locals = outer_locals


def argument(state: State, parameter: syntax.FunctionParameter, node: syntax.Expression) -> Binding:
    """Return the binding of an argument: a value, or the target of a C++ reference."""
    type = resolve_type(state, parameter.type)
    with state.at(node.place):
        if isinstance(parameter.type, syntax.ReferenceType):
            return referred(state, node, type, parameter.const)
        return convert(state, evaluate(state, node), type)


def own(state: State, parameter: syntax.FunctionParameter, binding: Binding) -> Binding:
    """Return a parameter's binding: memory if the function assigns to it or takes its address, else the value."""
    if isinstance(parameter.type, syntax.ReferenceType):
        return binding
    value = read(state, binding)
    key = state.key(parameter)
    if addressed(state, parameter.name) or (has_array(value.type) and not has_pointer(value.type)):
        made = private(state, value.type, key)
        write(state, made, value)
        return Reference(made)
    if not set_again(state, parameter.name) and not has_array(value.type):
        return value
    variable = declare(state, key, value.type)
    write(state, variable, value)
    return variable


def _body(state: State, frame: CallFrame, type: Type) -> Operand:
    body = frame.function.body
    assert body is not None
    returns = state.unit.returns_of(frame.function)
    if not returns and type != VOID:
        state.fail(f"{frame.function.name}() must return a {type}, and has no 'return'", place=frame.function.place)
    if returns and returns == [body.items[-1]] and returns[0].value is not None and type != VOID:
        compile_sequence(state, body.items[:-1])
        with state.at(returns[0].place):
            return convert(state, evaluate(state, returns[0].value), type)
    return _with_returns(state, frame, type, bool(returns))


def _with_returns(state: State, frame: CallFrame, type: Type, returns: bool) -> Operand:
    """Compile a function with several or divergent returns."""
    assert frame.function.body is not None
    if type != VOID:
        frame.result = declare(state, (frame.key, "result"), type)
    kind = state.facts.exit_divergence(frame.key)
    if returns:
        frame.returned = state.mask_slot()
    escapes = state.escapes
    with state.under(frame.key, kind, state.mask):
        compile_sequence(state, frame.function.body.items)
    state.escapes = escapes  # the threads that returned continue after the call
    state.b.place(frame.end)
    return NOTHING if frame.result is None else read(state, frame.result)
