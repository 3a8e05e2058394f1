"""Calls of functions with `__syncthreads()` in them: inlined for the whole block."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from imgcuda.cpu.lowering.declarations import reserve, type_declared
from imgcuda.cpu.lowering.dispatch import evaluate
from imgcuda.cpu.lowering.inline import argument, check, entered
from imgcuda.cpu.lowering.live_threads import LiveThreads
from imgcuda.cpu.lowering.lvalues import convert, declare, read, write
from imgcuda.cpu.lowering.names import addressed, resolve_type, set_again
from imgcuda.cpu.lowering.side_effects import has_effects
from imgcuda.cpu.lowering.variables import Binding, Reference, Variable
from imgcuda.cpu.values.types import VOID, Type
from imgcuda.cpu.values.value import BLOCK, VARYING, Address, Aggregate, Operand, Variability
from imgcuda.frontend import syntax


class BarrierCalls(LiveThreads):
    """Compiles calls of functions with barriers, for `ParallelRegions`."""

    def run(self, items: Sequence[syntax.Statement], later: object = ()) -> None:
        """Compile statements as parallel regions; `later` follows them."""
        raise NotImplementedError

    def kind(self, node: syntax.Expression) -> Variability:
        """Return how an expression varies over the threads; VARYING also if it has side effects for each thread."""
        if has_effects(self.state, node, self.is_for_block):
            return VARYING
        with self.state.collecting(), self.state.unwritten():
            return kind_of(evaluate(self.state, node))
        return VARYING

    def is_for_block(self, name: str) -> bool:
        """Return whether a variable exists once for the block, not once for each thread."""
        found = self.state.lookup(name)
        return isinstance(found, Variable) and found.kind == BLOCK and not found.per_chunk

    def call(self, node: syntax.Call) -> Binding | None:
        """Inline a function with barriers, and return the location of its result."""
        state = self.state
        function = state.unit.functions[node.name]
        check(state, function, node)
        pairs = zip(function.parameters, node.arguments, strict=True)
        given = [self._argument(parameter, value, node) for parameter, value in pairs]
        type = resolve_type(state, function.result)
        live = self.present() if self._some_may_exit() else None  # exited threads are not active in the callee
        with entered(state, function, node):
            for parameter, binding in zip(function.parameters, given, strict=True):
                state.bind(parameter.name, binding)
            return self._body(function, type, live)

    def _argument(self, parameter: syntax.FunctionParameter, node: syntax.Expression, call: syntax.Call) -> Binding:
        """Return a parameter's binding: one for the block if the argument is uniform, else one for each thread."""
        state = self.state
        name, function = parameter.name, state.unit.functions[call.name]
        if isinstance(parameter.type, syntax.ReferenceType):
            if not isinstance(node, syntax.Name):
                remedy = "pass a variable by its name"
                state.refuse("a reference to this, in a function with __syncthreads()", remedy, node.place)
            return argument(state, parameter, node)
        type = resolve_type(state, parameter.type)
        with entered(state, function, call):
            fixed = not set_again(state, name) and not addressed(state, name)
            key, whole = state.key(parameter), addressed(state, name)
        if fixed and self.kind(node) == BLOCK:
            return convert(state, evaluate(state, node), type)
        if whole:
            remedy = "copy it to a variable first"
            state.refuse(f"the address of the parameter '{name}', in a function with __syncthreads()", remedy)
        made = declare(state, key, type)
        self.each_thread(lambda: self.set(made, argument(state, parameter, node)))
        return made

    def set(self, target: Binding, value: Binding) -> None:
        """Assign the value of one binding to another, for the active threads."""
        write(self.state, target.address if isinstance(target, Reference) else target, read(self.state, value))

    def extract(self, node: Any) -> Any:
        """Compile the parts of an expression that have barriers; return it with their results in their place."""
        raise NotImplementedError

    def declare_result(self, node: syntax.Declaration, value: syntax.Expression) -> None:
        """Compile a declaration whose initializer had barriers; `value` is what remains of it."""
        made = reserve(self.state, node, type_declared(self.state, node))
        self.each_thread(lambda: self._result(made, value))
        self.state.bind(node.name, made)

    def _body(self, function: syntax.Function, type: Type, live: str | None) -> Binding | None:
        """Compile a function's body for the threads of the masks `live`; None stands for all that are live here."""
        state, frame = self.state, self.state.calls[-1]
        outer, self.loops, self.returned = (self.loops, self.returned), [], ""
        try:
            if _returns_within(function):
                if type != VOID:
                    frame.result = declare(state, (frame.key, "result"), type)
                self._with_returns(function, live or self.present())
                return frame.result
            if live is None:
                return self._to_the_end(function, type)
            with self.construct(state.key(function, "live"), BLOCK, live):
                return self._to_the_end(function, type)
        finally:
            self.loops, self.returned = outer

    def _with_returns(self, function: syntax.Function, live: str) -> None:
        """Compile a function from which threads may return early."""
        assert function.body is not None
        frame = self.state.calls[-1]
        self.returned = self.masks()
        with self.construct(frame.key, self.state.facts.exit_divergence(frame.key), live):
            self.run(function.body.items)
            self.returned = ""

    def _to_the_end(self, function: syntax.Function, type: Type) -> Binding | None:
        """Compile a function that returns only at its end, and return the location of its result."""
        assert function.body is not None
        items = function.body.items
        last = items[-1] if items and isinstance(items[-1], syntax.Return) else None
        self.run(items[:-1] if last else items, last)
        if type == VOID or last is None or last.value is None:
            if type != VOID:
                self.state.fail(f"{function.name}() must return a {type}, and has no 'return'", place=function.place)
            return None
        result = declare(self.state, (self.state.calls[-1].key, "result"), type)
        value = self.extract(last.value)
        self.each_thread(lambda: self._result(result, value))
        return result

    def _result(self, result: Binding, value: syntax.Expression) -> None:
        write(self.state, result.address if isinstance(result, Reference) else result, evaluate(self.state, value))


def _returns_within(function: syntax.Function) -> bool:
    """Return whether a function has an early return."""
    assert function.body is not None
    returns = [each for each in syntax.walk(function.body) if isinstance(each, syntax.Return)]
    return bool(returns) and returns != [function.body.items[-1]]


def kind_of(operand: Operand) -> Variability:
    """Return how a value varies over the threads."""
    if isinstance(operand, Aggregate):
        return max((kind_of(region) for region in operand.fields.values()), default=BLOCK)
    if isinstance(operand, Address):
        if operand.index is not None:
            return max(operand.kind, operand.index.kind)
        return operand.kind
    return operand.kind
