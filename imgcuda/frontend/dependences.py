"""Which inputs the result of a function may depend on: a walk over its syntax tree, and over all that it calls.

A value depends on the inputs that it is computed from, and on those that decide whether it is: by a condition, the
length of a loop, an early return. Each field of a structure is followed by itself, an array as a whole. Whatever is not
understood raises `Unknown`, so that no dependence is ever missed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TypeAlias

from imgcuda.frontend import syntax
from imgcuda.frontend.pure_functions import is_pure
from imgcuda.frontend.syntax import ArrayType, Expression, NamedType, ReferenceType, TypeName

Inputs: TypeAlias = frozenset[str]

Dependence: TypeAlias = dict[str, Inputs]
"""The inputs that a value depends on, by its field; those under "" hold for all of it."""

NOTHING: Inputs = frozenset()
_Variable: TypeAlias = syntax.Declaration | syntax.FunctionParameter
_Values: TypeAlias = dict[_Variable, Dependence]
"""What each variable depends on; a variable is known by its declaration, since names repeat."""

_MOST = 20_000
"""The most nodes to visit: functions count at each call."""
_DEEPEST = 40


class Unknown(Exception):
    """The function does something whose dependences are not followed."""


def dependence(file: syntax.TranslationUnit, function: str, arguments: Sequence[Dependence]) -> Dependence:
    """Return what the result of a function depends on, given what its arguments are or depend on; or raise Unknown."""
    return _CalledFunctions(file).call(function, arguments)


def everything(value: Mapping[str, Inputs]) -> Inputs:
    """Return all inputs that any part of a value depends on."""
    return NOTHING.union(*value.values())


def _joined(first: Mapping[str, Inputs], second: Mapping[str, Inputs]) -> Dependence:
    return {name: first.get(name, NOTHING) | second.get(name, NOTHING) for name in {**first, **second}}


def _field(value: Mapping[str, Inputs], name: str) -> Dependence:
    return {"": value.get("", NOTHING) | value.get(name, NOTHING)}


def _merged(first: _Values, second: _Values) -> _Values:
    """Return what variables depend on after one of two ways to go."""
    return {node: _joined(first.get(node, {}), second.get(node, {})) for node in {**first, **second}}


class _CalledFunctions:
    """A file: its functions, and the names that stand for constants."""

    def __init__(self, file: syntax.TranslationUnit) -> None:
        self._functions = file.functions
        self.fields = {each.name: [name for name, _ in each.fields] for each in file.structures}
        self.has_unions = any(each.union for each in file.structures)
        members = [name for each in file.enumerations for name, _ in each.members]
        self.constants = {*members, *(each.name for each in file.globals if each.space == "constant")}
        self.visited = 0
        self._depth = 0

    def call(self, name: str, arguments: Sequence[Dependence]) -> Dependence:
        """Return what the result of a call depends on."""
        found = [each for each in self._functions if each.name == name and each.body is not None]
        if not found and is_pure(name):
            return {"": NOTHING.union(*map(everything, arguments))}
        if len(found) != 1 or is_pure(name) or len(found[0].parameters) != len(arguments):
            raise Unknown(name)
        self._depth += 1
        if self._depth > _DEEPEST:
            raise Unknown("recursion")
        made = _Walk(self, found[0], arguments).result()
        self._depth -= 1
        return made


class _Walk:
    """A walk through one call of a function."""

    def __init__(self, file: _CalledFunctions, function: syntax.Function, arguments: Sequence[Dependence]) -> None:
        self._file, self._function = file, function
        self._values: _Values = {}
        self._scopes: list[dict[str, _Variable]] = [{}]
        self._control = NOTHING
        """What decides whether the current statement runs."""
        self._returned: Dependence = {}
        self._exits = NOTHING
        """What decides which `return` is the one that is met."""
        self._jumps: list[Inputs] = []
        """For each loop or switch around, what decides about a `break` or `continue` in it."""
        if len(function.parameters) != len(arguments):
            raise Unknown("a default argument")
        for parameter, value in zip(function.parameters, arguments, strict=True):
            self._bind(parameter, value)

    def result(self) -> Dependence:
        """Return what the function's result depends on."""
        assert self._function.body is not None
        self._run(self._function.body)
        return _joined(self._returned, {"": self._exits})

    # ---- variables

    def _bind(self, node: _Variable, value: Dependence) -> None:
        if isinstance(node.type, ReferenceType):
            raise Unknown("a reference")
        self._scopes[-1][node.name] = node
        self._values[node] = value

    def _variable(self, name: str) -> _Variable | None:
        return next((scope[name] for scope in reversed(self._scopes) if name in scope), None)

    def _assign(self, target: Expression, value: Dependence) -> None:
        """Assign to a variable, or to a field or an element of one."""
        match target:
            case syntax.Name(name) if (node := self._variable(name)) is not None:
                self._values[node] = _joined(value, {"": self._control})
            case syntax.Member(syntax.Name(name), field) if (node := self._variable(name)) is not None:
                self._values[node] = {**self._values[node], field: everything(value) | self._control}
            case syntax.Index(array, index):
                node = self._array(array)
                inputs = everything(value) | everything(self._value(index)) | self._control
                self._values[node] = _joined(self._values[node], {"": inputs})
            case _:
                raise Unknown("another target of an assignment")

    def _array(self, node: Expression) -> syntax.Declaration:
        """Return the declaration of the function's own array that an expression names, or is a row of."""
        if isinstance(node, syntax.Index):
            self._value(node.index)
            return self._array(node.array)
        found = self._variable(node.name) if isinstance(node, syntax.Name) else None
        if not isinstance(found, syntax.Declaration) or not isinstance(found.type, ArrayType):
            raise Unknown("a write to memory")
        return found

    # ---- expressions

    def _value(self, node: Expression | syntax.Initializer) -> Dependence:
        """Return what the value of an expression depends on."""
        self._file.visited += 1
        if self._file.visited > _MOST:
            raise Unknown("too much")
        match node:
            case syntax.NumberLiteral() | syntax.SizeOf():
                return {}
            case syntax.Name(name):
                return self._named(name)
            case syntax.Unary("++" | "--", operand) | syntax.Postfix(_, operand):
                value = self._value(operand)
                self._assign(operand, value)
                return value
            case syntax.Unary("-" | "+" | "!" | "~" | "*", operand):
                return {"": everything(self._value(operand))}
            case syntax.Binary(operator, left, right):
                return self._binary(operator, left, right)
            case syntax.Conditional(condition, then, otherwise):
                return self._either(condition, then, otherwise)
            case syntax.Assign(operator, target, value_node):
                value = self._value(value_node)
                if operator:
                    value = {"": everything(value) | everything(self._value(target))}
                self._assign(target, value)
                return value
            case syntax.Call(name, arguments):
                return self._file.call(name, [self._argument(each) for each in arguments])
            case syntax.Index(array, index):
                return {"": everything(self._argument(array)) | everything(self._value(index))}
            case syntax.Member(of, name):
                if self._file.has_unions:
                    raise Unknown("a field that may share its place with another")
                return _field(self._value(of), name)
            case syntax.Cast(to, value_node):
                if isinstance(to, ReferenceType):
                    raise Unknown("a reference")
                return self._value(value_node)
            case syntax.Initializer(values):
                return {"": NOTHING.union(*(everything(self._value(each)) for each in values))}
        raise Unknown(type(node).__name__)

    def _named(self, name: str) -> Dependence:
        node = self._variable(name)
        if node is None:
            if name in self._file.constants:
                return {}
            raise Unknown(name)
        if isinstance(node.type, ArrayType) and isinstance(node, syntax.Declaration):
            raise Unknown("a pointer to the function's own array, which may change after")
        return self._values[node]

    def _argument(self, node: Expression) -> Dependence:
        """Return what an argument, or the array of an index, depends on: here an array's name stands for all of it."""
        found = self._variable(node.name) if isinstance(node, syntax.Name) else None
        return self._value(node) if found is None else self._values[found]

    def _binary(self, operator: str, left: Expression, right: Expression) -> Dependence:
        first = self._value(left)
        if operator == ",":
            return self._value(right)
        if operator not in ("&&", "||"):
            return {"": everything(first) | everything(self._value(right))}
        with self._branch(everything(first)):
            second = self._value(right)
        return {"": everything(first) | everything(second)}

    def _either(self, condition: Expression, then: Expression, otherwise: Expression) -> Dependence:
        chosen = everything(self._value(condition))
        with self._branch(chosen):
            first = self._value(then)
        with self._branch(chosen):
            second = self._value(otherwise)
        return _joined(_joined(first, second), {"": chosen})

    # ---- statements

    @contextmanager
    def _branch(self, chosen: Inputs) -> Iterator[None]:
        """Walk through what may be run or not, as those inputs decide."""
        before, control = self._values, self._control
        self._values, self._control = dict(before), control | chosen
        yield
        self._control = control
        self._values = _merged(self._values, before)

    def _run(self, node: syntax.Statement | syntax.Case) -> None:
        match node:
            case syntax.Declaration():
                self._declare(node)
            case syntax.Declarations(items):
                for item in items:
                    self._declare(item)
            case syntax.Evaluate(value):
                self._value(value)
            case syntax.Block(items):
                self._run_scope(items)
            case syntax.If(condition, then, otherwise):
                self._run_if(condition, then, otherwise)
            case syntax.Loop():
                self._scopes.append({})
                if node.start is not None:
                    self._run(node.start)
                self._repeat(lambda: self._run_round(node))
                self._scopes.pop()
            case syntax.Switch(value, items):
                chosen = everything(self._value(value))
                self._repeat(lambda: self._run_sections(chosen, items))
            case syntax.Break() | syntax.Continue():
                self._jumps = [inputs | self._control for inputs in self._jumps]
            case syntax.Return(value):
                self._exits |= self._control
                if value is not None:
                    self._returned = _joined(self._returned, self._value(value))
            case syntax.Case():
                pass
            case _:
                raise Unknown(type(node).__name__)

    def _declare(self, node: syntax.Declaration) -> None:
        if node.space == "shared" or node.external:
            raise Unknown("shared memory")
        value = {} if node.value is None else self._initial(node.type, node.value)
        self._bind(node, _joined(value, {"": self._control}))

    def _initial(self, type: TypeName, value: Expression | syntax.Initializer) -> Dependence:
        """Return what a variable depends on at first; of a structure each field that has a value by itself."""
        fields = self._file.fields.get(type.name, []) if isinstance(type, NamedType) else []
        if not isinstance(value, syntax.Initializer) or value.names or len(fields) < len(value.values):
            return self._value(value)
        return {name: everything(self._value(each)) for name, each in zip(fields, value.values, strict=False)}

    def _run_scope(self, items: Sequence[syntax.Statement | syntax.Case]) -> None:
        self._scopes.append({})
        for item in items:
            self._run(item)
        self._scopes.pop()

    def _run_if(self, condition: Expression, then: syntax.Statement, otherwise: syntax.Statement | None) -> None:
        chosen = everything(self._value(condition))
        before = self._values
        with self._branch(chosen):
            self._run_scope([then])
        after, self._values = self._values, before
        with self._branch(chosen):
            self._run_scope([] if otherwise is None else [otherwise])
        self._values = _merged(self._values, after)

    def _run_round(self, node: syntax.Loop) -> None:
        """Walk once through a loop: whatever it does depends on its condition."""
        chosen = NOTHING if node.condition is None else everything(self._value(node.condition))
        with self._branch(chosen):
            self._run_scope([node.body])
            if node.step is not None:
                self._value(node.step)

    def _run_sections(self, chosen: Inputs, items: Sequence[syntax.Statement | syntax.Case]) -> None:
        """Walk through the sections of a switch, of which any may run, and run into the next."""
        self._scopes.append({})
        for item in items:
            with self._branch(chosen):
                self._run(item)
        self._scopes.pop()

    def _repeat(self, run: Callable[[], None]) -> None:
        """Walk through a loop or switch until nothing new is found; all of it depends on the jumps in it."""
        self._jumps.append(NOTHING)
        known: tuple[object, ...] = ()
        while known != (known := (dict(self._values), self._jumps[-1])):
            with self._branch(self._jumps[-1]):
                run()
        self._jumps.pop()
