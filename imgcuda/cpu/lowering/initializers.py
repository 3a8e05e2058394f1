"""Initializers in braces: which value initializes which element or field, by the rules of C."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
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


def spread(
    type: Type,
    values: syntax.Initializer,
    type_of: Callable[[syntax.Expression], Type],
    defaults: Defaults,
) -> Iterator[ElementInitializer]:
    """Yield the elements of a variable with their initial values: numbers, and structures initialized as a whole."""
    rest = deque(values.values)
    if values.names and isinstance(type, Struct):
        yield from _named(type, values, type_of, defaults)
        return
    if isinstance(type, ArrayOf | Struct):
        yield from _fill(type, (), rest, type_of, defaults)
    else:
        yield from _one(type, (), rest, type_of, defaults)
    if rest:
        raise TooMany(rest[0])


_TypeOf: TypeAlias = Callable[[syntax.Expression], Type]
_Rest: TypeAlias = "deque[syntax.Expression | syntax.Initializer]"


def _named(
    type: Struct, values: syntax.Initializer, type_of: _TypeOf, defaults: Defaults
) -> Iterator[ElementInitializer]:
    """Yield the fields of a structure, whose values have the fields' names."""
    given = {**defaults.get(type.name, {}), **dict(zip(values.names, values.values, strict=True))}
    for name, part in type.fields:
        yield from _one(part, (name,), deque([given[name]] if name in given else []), type_of, defaults)


def _fill(
    type: ArrayOf | Struct, steps: ElementPath, rest: _Rest, type_of: _TypeOf, defaults: Defaults
) -> Iterator[ElementInitializer]:
    parts: list[tuple[int | str, Type]]
    parts = list(type.fields) if isinstance(type, Struct) else [(i, type.element) for i in range(type.size)]
    own = defaults.get(type.name, {}) if isinstance(type, Struct) else {}
    for name, part in parts:
        given = rest if rest or name not in own else deque([own[str(name)]])
        yield from _one(part, (*steps, name), given, type_of, defaults)


def _one(
    type: Type, steps: ElementPath, rest: _Rest, type_of: _TypeOf, defaults: Defaults
) -> Iterator[ElementInitializer]:
    """Yield the elements of one member: from braces of its own, from one value, or from the enclosing list."""
    first = rest[0] if rest else None
    if isinstance(first, syntax.Initializer):
        rest.popleft()
        for part in spread(type, first, type_of, defaults):
            yield part._replace(steps=(*steps, *part.steps))
    elif isinstance(type, ArrayOf) or (isinstance(type, Struct) and (first is None or type_of(first) != type)):
        yield from _fill(type, steps, rest, type_of, defaults)
    else:
        yield ElementInitializer(steps, type, rest.popleft() if rest else None)  # type: ignore[arg-type]


def sized(type: Type, values: syntax.Expression | syntax.Initializer | None) -> Type:
    """Return the type of `int a[] = {1, 2, 3}` with its size filled in."""
    if not (isinstance(type, ArrayOf) and type.size == 0 and isinstance(values, syntax.Initializer)):
        return type
    nested = any(isinstance(value, syntax.Initializer) for value in values.values)
    apiece = 1 if nested or isinstance(innermost(type), Struct) else elements(type.element)
    return ArrayOf(type.element, -(-len(values.values) // apiece))
