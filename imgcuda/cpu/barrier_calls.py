"""Functions with `__syncthreads()` in them: compiled for the block as a whole, in place of their calls."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

from imgcuda.cpu.declarations import reserve, type_declared
from imgcuda.cpu.expressions import evaluate
from imgcuda.cpu.frontend import syntax
from imgcuda.cpu.inline import argument, check, entered
from imgcuda.cpu.names import addressed, resolve_type, set_again
from imgcuda.cpu.places import convert, declare, read, write
from imgcuda.cpu.purity import has_barrier
from imgcuda.cpu.state import State
from imgcuda.cpu.types import VOID, Type
from imgcuda.cpu.values import BLOCK, Kind
from imgcuda.cpu.variables import Binding, Reference


@dataclass
class Loop:
    """A loop with a barrier in it: where `break` and `continue` lead, which all threads of the block take.

    Not so a `continue` behind its last barrier: that, each thread takes by itself.
    """

    end: str
    step: str
    goes_on: bool = False
    """Whether something follows in the loop's body behind the statements that are being compiled."""


class BarrierCalls:
    """Compiles calls of functions with barriers, for `Parts`."""

    state: State
    loops: list[Loop]
    """The loops with barriers that are open."""

    def run(self, items: Sequence[syntax.Statement], later: object = ()) -> None:
        """Compile statements, in parts."""
        raise NotImplementedError

    def each_thread(self, action: Callable[[], None]) -> None:
        """Compile something for each thread."""
        raise NotImplementedError

    def kind(self, node: syntax.Expression) -> Kind:
        """Return in what the threads differ in an expression."""
        raise NotImplementedError

    def call(self, node: syntax.Call) -> Binding | None:
        """Compile a function that has barriers, and return where its result stands."""
        state = self.state
        function = state.unit.functions[node.name]
        check(state, function, node)
        pairs = zip(function.parameters, node.arguments, strict=True)
        given = [self._argument(parameter, value, node) for parameter, value in pairs]
        type = resolve_type(state, function.result)
        with entered(state, function, node):
            for parameter, binding in zip(function.parameters, given, strict=True):
                state.bind(parameter.name, binding)
            return self._body(function, type)

    def _argument(self, parameter: syntax.Parameter, node: syntax.Expression, call: syntax.Call) -> Binding:
        """Return a parameter's binding: once for the block if it can be, else one for each thread."""
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
        write(self.state, target.address if isinstance(target, Reference) else target, read(self.state, value))

    def extract(self, node: syntax.Expression) -> syntax.Expression:
        """Return an expression with the calls that have barriers done before, and replaced by their results."""
        if not has_barrier(self.state, node) or isinstance(node, syntax.Conditional):
            return node
        # The next pass must see the very same expression, as it is what names variables.
        made = self._extract_parts(node)
        kept: syntax.Expression = self.state.facts.rebuilt.setdefault(self.state.key(node), made)
        return kept

    def _extract_parts(self, node: syntax.Expression) -> syntax.Expression:
        if isinstance(node, syntax.Binary) and node.operator in ("&&", "||"):
            return replace(node, left=self.extract(node.left))
        if isinstance(node, syntax.Call):
            made = replace(node, arguments=tuple(map(self.extract, node.arguments)))
            made = self.state.facts.rebuilt.setdefault(self.state.key(node, "call"), made)
            return self._result_of(made) if node.name in self.state.unit.functions else made
        changed: dict[str, Any] = {}
        for part in fields(node):
            value: Any = getattr(node, part.name)
            if is_dataclass(value) and not isinstance(value, syntax.Place):
                changed[part.name] = self.extract(value)  # type: ignore[arg-type]
        return replace(node, **changed)

    def _result_of(self, node: syntax.Call) -> syntax.Expression:
        """Call a function, and return a name for its result that no author can write."""
        result = self.call(node)
        if result is None:
            return node
        name = f"{node.name}@{len(self.state.scopes[-1])}"
        self.state.bind(name, result)
        return syntax.Name(name, node.place)

    def declare_result(self, node: syntax.Declaration, value: syntax.Expression) -> None:
        made = reserve(self.state, node, type_declared(self.state, node))
        self.each_thread(lambda: self._result(made, value))
        self.state.bind(node.name, made)

    def _body(self, function: syntax.Function, type: Type) -> Binding | None:
        assert function.body is not None
        items = list(function.body.items)
        returns = [each for each in syntax.walk(function.body) if isinstance(each, syntax.Return)]
        last = returns[0] if returns and items[-1] is returns[0] else None
        if len(returns) > (last is not None):
            remedy = "return at its end only"
            self.state.refuse("'return' within a function with __syncthreads()", remedy, returns[0].place)
        items = items[:-1] if last else items
        outer, self.loops = self.loops, []
        self.run(items, last)
        self.loops = outer
        if type == VOID or last is None or last.value is None:
            return None
        result, value = declare(self.state, (self.state.calls[-1].key, "result"), type), self.extract(last.value)
        self.each_thread(lambda: self._result(result, value))
        return result

    def _result(self, result: Binding, value: syntax.Expression) -> None:
        write(self.state, result.address if isinstance(result, Reference) else result, evaluate(self.state, value))
