"""Initializers in braces: which value initializes which element or field, by the rules of C."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple, TypeAlias

from imgcuda.cpu.values.types import ArrayOf, Struct, Type, elements, innermost
from imgcuda.frontend import syntax

ElementPath: TypeAlias = tuple[int | str, ...]
"""The path from a variable to an element or field of it: positions in arrays, names of fields."""


class ElementInitializer(NamedTuple):
    """An element or field of a variable, and its initial value; None stands for zero."""

    steps: ElementPath
    type: Type
    value: syntax.Expression | None


Defaults: TypeAlias = Mapping[str, Mapping[str, "syntax.Expression | syntax.Initializer"]]
"""The fields with a first value of their own, by the structures' names."""


class TooMany(Exception):
    """Raised where there are more values than elements."""

    def __init__(self, value: syntax.Expression | syntax.Initializer) -> None:
        self.place = value.place


_TypeOf: TypeAlias = Callable[[syntax.Expression], Type]
_Rest: TypeAlias = "deque[syntax.Expression | syntax.Initializer]"


def spread(
    type: Type, values: syntax.Initializer, type_of: _TypeOf, defaults: Defaults
) -> Iterator[ElementInitializer]:
    """Yield the elements of a variable with their initial values: numbers, and structures initialized as a whole."""
    return _Spreader(type_of, defaults).elements(type, values)


class _Spreader:
    """Spreads values over elements; knows the types of expressions, and the fields with first values of their own."""

    def __init__(self, type_of: _TypeOf, defaults: Defaults) -> None:
        self._type_of, self._defaults = type_of, defaults

    def elements(self, type: Type, values: syntax.Initializer) -> Iterator[ElementInitializer]:
        """Yield the elements of a type with their values from braces. Raises TooMany."""
        named = dict(zip(values.names, values.values, strict=False)) if isinstance(type, Struct) else {}
        rest = deque(() if named else values.values)
        if isinstance(type, ArrayOf | Struct):
            yield from self._fill(type, (), rest, named)
        else:
            yield from self._one(type, (), rest)
        if rest:
            raise TooMany(rest[0])

    def _fill(
        self,
        type: ArrayOf | Struct,
        steps: ElementPath,
        rest: _Rest,
        named: Mapping[str, syntax.Expression | syntax.Initializer] = {},
    ) -> Iterator[ElementInitializer]:
        """Yield the elements of an array or structure, from the rest of a list or, in a structure, by their names."""
        if isinstance(type, ArrayOf):
            for position in range(type.size):
                yield from self._one(type.element, (*steps, position), rest)
            return
        own = {**self._defaults.get(type.name, {}), **named}
        for name, part in _initialized(type, named):
            given = rest if rest or name not in own else deque([own[name]])
            yield from self._one(part, (*steps, name), given)

    def _one(self, type: Type, steps: ElementPath, rest: _Rest) -> Iterator[ElementInitializer]:
        """Yield the elements of one member: from braces of its own, from one value, or from the enclosing list."""
        first = rest[0] if rest else None
        if isinstance(first, syntax.Initializer):
            rest.popleft()
            for part in self.elements(type, first):
                yield part._replace(steps=(*steps, *part.steps))
        elif isinstance(type, ArrayOf) or (
            isinstance(type, Struct) and (first is None or self._type_of(first) != type)
        ):
            yield from self._fill(type, steps, rest)
        else:
            yield ElementInitializer(steps, type, rest.popleft() if rest else None)  # type: ignore[arg-type]


def _initialized(type: Struct, named: Iterable[str]) -> tuple[tuple[str, Type], ...]:
    """Return the fields that get a first value: of a union the one that is named, or else the first."""
    if not type.union:
        return type.fields
    return tuple(each for each in type.fields if each[0] in named) or type.fields[:1]


def sized(type: Type, values: syntax.Expression | syntax.Initializer | None) -> Type:
    """Return the type of `int a[] = {1, 2, 3}` with its size filled in."""
    if not (isinstance(type, ArrayOf) and type.size == 0 and isinstance(values, syntax.Initializer)):
        return type
    nested = any(isinstance(value, syntax.Initializer) for value in values.values)
    apiece = 1 if nested or isinstance(innermost(type), Struct) else elements(type.element)
    return ArrayOf(type.element, -(-len(values.values) // apiece))
