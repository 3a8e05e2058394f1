"""Initialisers in braces: which value goes where, as C spreads them over arrays and structures."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeAlias

from imgcuda.cpu.values.types import ArrayOf, Struct, Type, elements, innermost
from imgcuda.frontend import syntax

ElementPath: TypeAlias = tuple[int | str, ...]
"""What leads from a variable to a part of it: positions in arrays, names of fields."""


class ElementInitializer(NamedTuple):
    """A part of a variable, and its first value; None stands for zero."""

    steps: ElementPath
    type: Type
    value: syntax.Expression | None


class TooMany(Exception):
    """Raised where there are more values than places for them."""

    def __init__(self, value: syntax.Expression | syntax.Initializer) -> None:
        self.place = value.place


def spread(
    type: Type, values: syntax.Initializer, type_of: Callable[[syntax.Expression], Type]
) -> Iterator[ElementInitializer]:
    """Yield the parts of a variable with their first values: all numbers in it, or structures given as a whole."""
    rest = deque(values.values)
    if isinstance(type, ArrayOf | Struct):
        yield from _fill(type, (), rest, type_of)
    else:
        yield from _one(type, (), rest, type_of)
    if rest:
        raise TooMany(rest[0])


_TypeOf: TypeAlias = Callable[[syntax.Expression], Type]
_Rest: TypeAlias = "deque[syntax.Expression | syntax.Initializer]"


def _fill(type: ArrayOf | Struct, steps: ElementPath, rest: _Rest, type_of: _TypeOf) -> Iterator[ElementInitializer]:
    parts: list[tuple[int | str, Type]]
    parts = list(type.fields) if isinstance(type, Struct) else [(i, type.element) for i in range(type.size)]
    for name, part in parts:
        yield from _one(part, (*steps, name), rest, type_of)


def _one(type: Type, steps: ElementPath, rest: _Rest, type_of: _TypeOf) -> Iterator[ElementInitializer]:
    """Yield a part that takes the next value: in braces of its own, whole, or from the row of numbers around it."""
    first = rest[0] if rest else None
    if isinstance(first, syntax.Initializer):
        rest.popleft()
        for part in spread(type, first, type_of):
            yield part._replace(steps=(*steps, *part.steps))
    elif isinstance(type, ArrayOf) or (isinstance(type, Struct) and (first is None or type_of(first) != type)):
        yield from _fill(type, steps, rest, type_of)
    else:
        yield ElementInitializer(steps, type, rest.popleft() if rest else None)  # type: ignore[arg-type]


def sized(type: Type, values: syntax.Expression | syntax.Initializer | None) -> Type:
    """Return a type with the size of `int a[] = {1, 2, 3}` filled in."""
    if not (isinstance(type, ArrayOf) and type.size == 0 and isinstance(values, syntax.Initializer)):
        return type
    nested = any(isinstance(value, syntax.Initializer) for value in values.values)
    apiece = 1 if nested or isinstance(innermost(type), Struct) else elements(type.element)
    return ArrayOf(type.element, -(-len(values.values) // apiece))
