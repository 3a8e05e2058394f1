"""The syntax tree of a CUDA C file, which the parser builds and the compiler walks.

Nothing is resolved: names are strings, and types are as written. Every node has its place in the author's file.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field, fields, is_dataclass, replace
from functools import cache
from typing import Any, TypeAlias


@dataclass(slots=True, unsafe_hash=True)
class Place:
    """A place in the source; line and column count from 1. Never changed; not frozen, since each word has one, and a
    frozen one takes three times as long to make."""

    file: str
    line: int
    column: int


# ---- types, as written


@dataclass(frozen=True, slots=True)
class NamedType:
    """`unsigned char`, `float4`, `pixel`, `struct tile`: the words of one type, in canonical order."""

    name: str
    """Basic types are normalized: "int", "unsigned int", "unsigned char", "signed char", "long long",
    "unsigned long long", "float", "double", "bool", "void" ...; all others are one identifier."""
    place: Place = field(compare=False)
    const: bool = False


@dataclass(frozen=True, slots=True)
class PointerType:
    target: TypeName
    restrict: bool = False
    const: bool = False
    """Whether the pointer itself is const, as in `int *const p`."""


@dataclass(frozen=True, slots=True)
class ReferenceType:
    """A C++ reference parameter, `int &x`."""

    target: TypeName


@dataclass(frozen=True, slots=True)
class ArrayType:
    """`element [size]`; size is None for `[]`."""

    element: TypeName
    size: Expression | None


TypeName: TypeAlias = NamedType | PointerType | ReferenceType | ArrayType


# ---- expressions

PRELUDE = "prelude.cuh"
"""The file whose declarations stand before those of a filter's author."""
UNNAMED = "@"
"""A sign in the names that the parser makes up for types without names, and for fields of them that have no name."""
ARRAY_SIZE = "__builtin_array_size"
"""The function of an array's length, which no author can call; loops over arrays do."""


@dataclass(frozen=True, slots=True)
class NumberLiteral:
    """A literal. `type` is the name of its C type: "int", "unsigned int", "long long",
    "unsigned long long", "float", "double", "bool", "char" or "nullptr"."""

    value: int | float
    type: str
    place: Place


@dataclass(frozen=True, slots=True)
class StringLiteral:
    """A string, without the zero behind its last character."""

    value: bytes
    place: Place


@dataclass(frozen=True, slots=True)
class Name:
    name: str
    place: Place


@dataclass(frozen=True, slots=True)
class Unary:
    """Prefix `- + ! ~ * & ++ --`."""

    operator: str
    operand: Expression
    place: Place


@dataclass(frozen=True, slots=True)
class Postfix:
    """`x++` and `x--`."""

    operator: str
    operand: Expression
    place: Place


@dataclass(frozen=True, slots=True)
class Binary:
    """A binary operator other than assignment, including `&&`, `||` and the comma."""

    operator: str
    left: Expression
    right: Expression
    place: Place


@dataclass(frozen=True, slots=True)
class Conditional:
    condition: Expression
    then: Expression
    otherwise: Expression
    place: Place


@dataclass(frozen=True, slots=True)
class Assign:
    """`target = value`, or `target op= value` with operator "+", "<<" ...; plain is an empty string."""

    operator: str
    target: Expression
    value: Expression
    place: Place


@dataclass(frozen=True, slots=True)
class Call:
    name: str
    arguments: tuple[Expression, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Index:
    array: Expression
    index: Expression
    place: Place


@dataclass(frozen=True, slots=True)
class Member:
    """`object.name`; `p->name` is parsed as `(*p).name`."""

    object: Expression
    name: str
    place: Place


@dataclass(frozen=True, slots=True)
class Cast:
    """`(type)value`, `type(value)` and `static_cast<type>(value)` alike."""

    type: TypeName
    value: Expression
    place: Place
    word: str = ""
    """"static_cast", "reinterpret_cast" or "const_cast", if it is one of these."""


@dataclass(frozen=True, slots=True)
class SizeOf:
    of: TypeName | Expression
    place: Place


@dataclass(frozen=True, slots=True)
class Initializer:
    """`{a, b, {c}}` after a declaration."""

    values: tuple[Expression | Initializer, ...]
    place: Place
    names: tuple[str, ...] = ()
    """The fields that the values are for, as in `{.x = a, .y = b}`; empty if they are in order."""


@dataclass(frozen=True, slots=True)
class Braced:
    """A value made of its parts: `float4{x, y, z, w}`, or `return {x, y};` of a function that returns a `type`.

    In `p = {x, y}` the type is "auto" until the file is checked.
    """

    type: TypeName
    values: Initializer
    place: Place


Expression: TypeAlias = (
    NumberLiteral
    | StringLiteral
    | Name
    | Unary
    | Postfix
    | Binary
    | Conditional
    | Assign
    | Call
    | Index
    | Member
    | Cast
    | SizeOf
    | Braced
)


# ---- statements. Compared by identity: two equal lines are two different statements.


@dataclass(frozen=True, slots=True, eq=False)
class Declaration:
    """One declared variable; `int a, b;` makes two of them."""

    name: str
    type: TypeName
    value: Expression | Initializer | None
    place: Place
    space: str = ""
    """"shared", "constant", "device" for a `__device__` variable of the file, or "" for a private variable."""
    const: bool = False
    external: bool = False
    """`extern __shared__ float tile[];`: sized at launch."""
    constexpr: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Declarations:
    """Several variables declared by one statement, in the scope around it."""

    items: tuple[Declaration, ...]
    place: Place


@dataclass(frozen=True, slots=True, eq=False)
class Evaluate:
    value: Expression
    place: Place


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    items: tuple[Statement, ...]
    place: Place


@dataclass(frozen=True, slots=True, eq=False)
class If:
    condition: Expression
    then: Statement
    otherwise: Statement | None
    place: Place


@dataclass(frozen=True, slots=True, eq=False)
class Loop:
    """`for`, `while` and, with `test_last`, `do ... while`."""

    start: Statement | None
    condition: Expression | None
    step: Expression | None
    body: Statement
    place: Place
    test_last: bool = False
    unroll: int | None = None
    """From `#pragma unroll N`; 0 for a bare `#pragma unroll`, None where there is none."""


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """`case value:`, or `default:` where value is None; only among a Switch's items."""

    value: Expression | None
    place: Place


@dataclass(frozen=True, slots=True, eq=False)
class Switch:
    value: Expression
    items: tuple[Statement | Case, ...]
    place: Place


@dataclass(frozen=True, slots=True, eq=False)
class Break:
    place: Place


@dataclass(frozen=True, slots=True, eq=False)
class Continue:
    place: Place


@dataclass(frozen=True, slots=True, eq=False)
class Return:
    value: Expression | None
    place: Place


Statement: TypeAlias = Declaration | Declarations | Evaluate | Block | If | Loop | Switch | Break | Continue | Return


# ---- a file


@dataclass(frozen=True, slots=True, eq=False)
class FunctionParameter:
    name: str
    type: TypeName
    place: Place
    const: bool = False
    """Whether it is a pointer to const."""
    default: Expression | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Function:
    name: str
    result: TypeName
    parameters: tuple[FunctionParameter, ...]
    body: Block | None
    """None for a declaration without a body."""
    place: Place
    kernel: bool = False
    """Whether it is `__global__`."""
    device: bool = True
    """Whether device code may call it: it is not a function of the host alone."""
    constexpr: bool = False
    """Whether a call with constants is a constant."""


@dataclass(frozen=True, slots=True, eq=False)
class Structure:
    """`struct` or `union`."""

    name: str
    fields: tuple[tuple[str, TypeName], ...]
    place: Place
    align: int = 0
    defaults: tuple[tuple[str, Expression | Initializer], ...] = ()
    """The fields that have a first value of their own, with it."""
    union: bool = False
    """Whether all fields lie at one place."""
    end: Place | None = None
    """Where its closing brace is, behind the types that are declared within."""


@dataclass(frozen=True, slots=True, eq=False)
class Typedef:
    name: str
    type: TypeName
    place: Place


@dataclass(frozen=True, slots=True, eq=False)
class Enumeration:
    """`enum { A, B = 4 };`: names and their values (None: one more than the one before)."""

    name: str
    members: tuple[tuple[str, Expression | None], ...]
    place: Place
    base: TypeName | None = None
    """The type of its numbers, as in `enum E : short`; None for int."""
    scoped: bool = False
    """Whether it is an `enum class`, whose numbers do not convert to int and are named `E::A`."""


@dataclass(slots=True)
class TranslationUnit:
    """A whole file: its functions, globals and types, in order."""

    functions: list[Function] = field(default_factory=list)
    structures: list[Structure] = field(default_factory=list)
    typedefs: list[Typedef] = field(default_factory=list)
    enumerations: list[Enumeration] = field(default_factory=list)
    globals: list[Declaration] = field(default_factory=list)
    items: list[Function | Declaration] = field(default_factory=list)
    """Functions and globals in the order in which they are declared."""
    host: set[str] = field(default_factory=set)
    """The names of the functions of the host, which are not read."""
    unread: list[tuple[Place, Place]] = field(default_factory=list)
    """The host's functions and declarations: the places of the first and the last token of each."""

    @property
    def declared(self) -> tuple[list[Any], ...]:
        """The lists of all that is declared."""
        return self.functions, self.structures, self.typedefs, self.enumerations, self.globals, self.items

    def sizes(self) -> tuple[int, ...]:
        """Return how much is declared so far, for `back_to`."""
        return tuple(map(len, self.declared))

    def back_to(self, sizes: tuple[int, ...]) -> None:
        """Remove the declarations that came after `sizes()` returned these sizes."""
        for each, size in zip(self.declared, sizes, strict=True):
            del each[size:]


def walk(node: object) -> Iterator[object]:
    """Yield a node and all that is below it."""
    left = [node]
    while left:
        node = left.pop()
        if isinstance(node, tuple):
            left += reversed(node)
        elif parts := _parts(node.__class__):  # type: ignore[arg-type]
            yield node
            left += [part for name in parts if (part := getattr(node, name)).__class__ not in _LEAVES]


def is_dim3(type: TypeName) -> bool:
    """Whether a type is `dim3`, whose values may stand in parentheses."""
    return isinstance(type, NamedType) and type.name == "dim3"


def order(item: Declaration | Structure | Typedef | Enumeration) -> tuple[bool, int, int]:
    """Return a key that sorts declarations at file scope: each behind the declarations that it may use."""
    place = (item.end if isinstance(item, Structure) else None) or item.place
    return place.file != PRELUDE, place.line, place.column


def with_scope(node: Any, names: frozenset[str], scope: str) -> Any:
    """Return an expression in which some names have a scope before them."""
    if isinstance(node, Name):
        return replace(node, name=f"{scope}::{node.name}") if node.name in names else node
    if isinstance(node, tuple):
        return tuple(with_scope(each, names, scope) for each in node)
    parts = {name: with_scope(getattr(node, name), names, scope) for name in _parts(node.__class__)}
    return replace(node, **parts) if parts else node


_LEAVES = frozenset([str, bytes, int, float, bool, type(None), Place])


@cache
def _parts(kind: Hashable) -> tuple[str, ...]:
    """Return the names of a node class's parts, last first; nothing if it is not a node."""
    known = isinstance(kind, type) and is_dataclass(kind) and kind is not Place
    return tuple(part.name for part in fields(kind))[::-1] if known else ()  # type: ignore[arg-type]
