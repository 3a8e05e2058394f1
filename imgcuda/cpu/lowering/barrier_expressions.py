"""Expressions that contain barriers: the part with the barrier is compiled first, for the whole block, and named."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

from imgcuda.cpu.lowering.barrier_calls import BarrierCalls
from imgcuda.cpu.lowering.conditionals import common_type
from imgcuda.cpu.lowering.lvalues import declare
from imgcuda.cpu.lowering.names import resolve_type
from imgcuda.cpu.lowering.operands import type_of
from imgcuda.cpu.lowering.side_effects import has_barrier
from imgcuda.cpu.lowering.variables import Binding
from imgcuda.cpu.values.types import BOOL, VOID, Float, Int, Type
from imgcuda.frontend import syntax

_Node = TypeVar("_Node")


class BarrierExpressions(BarrierCalls):
    """Compiles expressions with barriers, for `ParallelRegions`."""

    def across(self, item: syntax.Statement) -> None:
        """Compile a statement with a barrier in it."""
        raise NotImplementedError

    def region(self, items: Sequence[syntax.Statement], used_later: Collection[str] = ()) -> None:
        """Compile statements without a barrier, in a loop over the threads; `used_later` are names needed after it."""
        raise NotImplementedError

    def extract(self, node: Any) -> Any:
        """Compile the parts of an expression that have barriers; return it with their results in their place."""
        # The next pass must see the same expression object, since it is the key of variables.
        return self.kept(node, "", self._extracted(node)) if has_barrier(self.state, node) else node

    def kept(self, node: object, what: str, made: _Node) -> _Node:
        """Return the node that the first pass made from a node; this pass's copy is dropped."""
        kept: _Node = self.state.facts.rebuilt.setdefault(self.state.key(node, what), made)
        return kept

    def _extracted(self, node: syntax.Expression | syntax.Initializer) -> Any:
        match node:
            case syntax.Call("__syncthreads", ()):
                with self.state.at(node.place):
                    self.barrier()
                return syntax.NumberLiteral(0, "int", node.place)
            case syntax.Binary("&&" | "||"):
                return self._logical(node)
            case syntax.Binary(",", left, right):
                self._first(left)
                return self.extract(right)
            case syntax.Conditional():
                return self._conditional(node)
            case syntax.Call(name):
                made = self.kept(node, "call", self._with_parts(node))
                assert isinstance(made, syntax.Call)
                return self._result_of(made) if name in self.state.unit.functions else made
        return self._with_parts(node)

    def _with_parts(self, node: Any) -> Any:
        """Return a node with the expressions in it extracted."""
        changed: dict[str, Any] = {}
        for region in fields(node):
            value = getattr(node, region.name)
            if isinstance(value, tuple):
                changed[region.name] = tuple(self.extract(each) for each in value)
            elif is_dataclass(value) and not isinstance(value, syntax.Place):
                changed[region.name] = self.extract(value)
        return replace(node, **changed)

    def _first(self, node: syntax.Expression) -> None:
        """Evaluate the left side of a comma operator."""
        statement = self.kept(node, "first", syntax.Evaluate(node, node.place))
        self.across(statement) if has_barrier(self.state, node) else self.region([statement])

    def _result_of(self, node: syntax.Call) -> syntax.Expression:
        """Call a function, and return a fresh name for its result that no source can contain."""
        result = self.call(node)
        return syntax.NumberLiteral(0, "int", node.place) if result is None else self._bound_name(node, result)

    def _bound_name(self, node: syntax.Expression, result: Binding) -> syntax.Name:
        count = len(self.state.facts.rebuilt)
        name = self.kept(node, "name", syntax.Name(f"result@{count}", node.place))
        self.state.bind(name.name, result)
        return name

    def _logical(self, node: syntax.Binary) -> syntax.Expression:
        result = self._bound_name(node, declare(self.state, self.state.key(node, "result"), BOOL))
        place = node.place
        left = self.extract(node.left)
        self.region([self.kept(node, "left", _set(result, left))])
        test = result if node.operator == "&&" else syntax.Unary("!", result, place)
        right = _set(result, node.right)
        self.across(self.kept(node, "right", syntax.If(test, right, None, place)))
        return result

    def _conditional(self, node: syntax.Conditional) -> syntax.Expression:
        test = self.extract(node.condition)
        key = self.state.key(node, "type")
        type = self.state.facts.types.get(key) or self._common(node)
        self.state.facts.types[key] = type
        if type == VOID:
            then, otherwise = (syntax.Evaluate(side, side.place) for side in (node.then, node.otherwise))
            self.across(self.kept(node, "if", syntax.If(test, then, otherwise, node.place)))
            return syntax.NumberLiteral(0, "int", node.place)
        result = self._bound_name(node, declare(self.state, self.state.key(node, "result"), type))
        then, otherwise = _set(result, node.then), _set(result, node.otherwise)
        self.across(self.kept(node, "if", syntax.If(test, then, otherwise, node.place)))
        return result

    def _common(self, node: syntax.Conditional) -> Type:
        """Return the type of a conditional that has a barrier on one side."""
        then, otherwise = (type_of(self.state, self._stand_in(side)) for side in (node.then, node.otherwise))
        return common_type(self.state, then, otherwise)

    def _stand_in(self, node: Any) -> Any:
        """Return an expression of the same type without barriers."""
        if not has_barrier(self.state, node):
            return node
        if isinstance(node, syntax.Call):
            if node.name not in self.state.unit.functions:
                return syntax.Cast(
                    syntax.NamedType("void", node.place), syntax.NumberLiteral(0, "int", node.place), node.place
                )
            result = self.state.unit.functions[node.name].result
            type = resolve_type(self.state, result)
            if not isinstance(type, Int | Float) and type != VOID:
                remedy = "use 'if', and set a variable"
                self.state.refuse(f"a ?: that gives a {type}, with __syncthreads() in it", remedy, node.place)
            return syntax.Cast(result, syntax.NumberLiteral(0, "int", node.place), node.place)
        return _mapped(node, self._stand_in)


def _set(name: syntax.Name, value: syntax.Expression) -> syntax.Evaluate:
    return syntax.Evaluate(syntax.Assign("", name, value, value.place), value.place)


def _mapped(node: Any, change: Callable[[Any], Any]) -> Any:
    """Return a copy of a node with a function applied to each expression in it."""
    parts = {region.name: getattr(node, region.name) for region in fields(node)}
    changed = {name: change(value) for name, value in parts.items()
               if is_dataclass(value) and not isinstance(value, syntax.Place)}  # fmt: skip
    return replace(node, **changed)
