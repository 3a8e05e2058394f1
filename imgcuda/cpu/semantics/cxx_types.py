"""C++'s types with their qualifiers, and the conversions that C++ makes between them by itself."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeAlias

from imgcuda.cpu.values.types import BASIC, BOOL, Float, Int, Scalar, common


@dataclass(frozen=True, slots=True)
class Basic:
    """A number's type, `void`, or one that is not known, of which nothing is refused."""

    name: str
    const: bool = False

    def __str__(self) -> str:
        return "const " * self.const + self.name


@dataclass(frozen=True, slots=True)
class Record:
    """A structure, by its name; its fields are kept by the file."""

    name: str
    const: bool = False

    def __str__(self) -> str:
        return "const " * self.const + self.name


@dataclass(frozen=True, slots=True)
class Enum:
    name: str
    const: bool = False

    def __str__(self) -> str:
        return "const " * self.const + self.name


@dataclass(frozen=True, slots=True)
class Pointer:
    target: Type
    const: bool = False

    def __str__(self) -> str:
        if isinstance(self.target, Array):
            return f"{self.target.element} (*)[{self.target.size or ''}]"
        return f"{self.target} *{'const' * self.const}"


@dataclass(frozen=True, slots=True)
class Array:
    element: Type
    size: int | None
    """None where it is not known here."""

    @property
    def const(self) -> bool:
        return self.element.const

    def __str__(self) -> str:
        return f"{self.element} [{self.size or ''}]"


Type: TypeAlias = Basic | Record | Enum | Pointer | Array

UNKNOWN = Basic("?")
VOID, INT, SIZE, DIFFERENCE, TRUTH = map(Basic, ("void", "int", "unsigned long long", "long long", "bool"))


@dataclass(frozen=True, slots=True)
class Typed:
    """What is known of an expression: its type, and whether it names something in memory."""

    type: Type
    lvalue: bool = False
    null: bool = False
    """Whether it is a zero that may become a null pointer."""
    constant: bool = False
    """Whether C++ knows its value when it compiles."""


def with_const(type: Type, const: bool = True) -> Type:
    """Return a type that is const, or as it is; an array's elements are what is const of it."""
    if not const:
        return type
    if isinstance(type, Array):
        return replace(type, element=with_const(type.element))
    return replace(type, const=True)


def plain(type: Type) -> Type:
    """Return a type without its own const."""
    if isinstance(type, Array):
        return replace(type, element=plain(type.element))
    return replace(type, const=False)


def bare(type: Type) -> Type:
    """Return a type without const at any depth."""
    if isinstance(type, Pointer):
        return Pointer(bare(type.target))
    return Array(bare(type.element), type.size) if isinstance(type, Array) else plain(type)


def decayed(type: Type) -> Type:
    """Return what a value of a type is: of an array, a pointer to its first element."""
    return Pointer(type.element) if isinstance(type, Array) else plain(type)


def same(one: Type, other: Type) -> bool:
    """Return whether two types are the same but for const; one that is not known is the same as any."""
    if UNKNOWN in (bare(one), bare(other)):
        return True
    if isinstance(one, Pointer) and isinstance(other, Pointer):
        return same(one.target, other.target)
    if isinstance(one, Array) and isinstance(other, Array):
        return same(one.element, other.element) and (one.size == other.size or None in (one.size, other.size))
    return plain(one) == plain(other)


def scalar(type: Type) -> Scalar | None:
    """Return a number's type; None if it is none."""
    if isinstance(type, Enum):
        return BASIC["int"]  # type: ignore[return-value]
    found = BASIC.get(type.name) if isinstance(type, Basic) else None
    return found if isinstance(found, Int | Float) else None


def arithmetic(left: Scalar, right: Scalar) -> Type:
    """Return the type in which C++ computes with two numbers."""
    return _NAMES[common(left, right)]


_WORDS = ("int", "unsigned int", "long long", "unsigned long long", "float", "double")
_NAMES: dict[Scalar, Type] = {BASIC[word]: Basic(word) for word in _WORDS}  # type: ignore[misc]

Cost: TypeAlias = tuple[int, int]
"""How far a conversion goes, as overloads are ranked: 0 none, 1 a promotion, 2 another; then how much const it adds."""

SAME: Cost = (0, 0)


def conversion(given: Typed, wanted: Type) -> Cost | None:
    """Return what it costs to convert a value implicitly; None if C++ refuses."""
    source = decayed(given.type)
    if UNKNOWN in (source, plain(wanted)):
        return SAME
    if isinstance(wanted, Pointer):
        return SAME if given.null else _pointer(source, wanted)
    if isinstance(source, Pointer):
        return (2, 9) if scalar(wanted) == BOOL and isinstance(wanted, Basic) else None
    if isinstance(wanted, Basic):
        return _number(source, wanted)
    return SAME if source == plain(wanted) else None


def _number(source: Type, wanted: Basic) -> Cost | None:
    first, second = scalar(source), scalar(wanted)
    if first is None or second is None:
        return None
    if source == plain(wanted):
        return SAME
    small = isinstance(first, Int) and (first.bits < 32 or isinstance(source, Enum))
    promoted = (small and wanted.name == "int") or (isinstance(first, Float) and wanted.name == "double")
    return (1, 0) if promoted else (2, 0)


def _pointer(source: Type, wanted: Pointer) -> Cost | None:
    if not isinstance(source, Pointer):
        return None
    added = _added_const(source.target, wanted.target)
    if plain(wanted.target) == VOID and plain(source.target) != VOID:
        return (2, 1) if wanted.target.const or not source.target.const else None
    return None if added is None or not same(source.target, wanted.target) else (0, added)


def _added_const(source: Type, wanted: Type) -> int | None:
    """Return how often a conversion between pointers adds a const to what they point to; None if it may not be."""
    added = 0
    while True:
        if source.const and not wanted.const:
            return None
        added += wanted.const and not source.const
        if not (isinstance(source, Pointer) and isinstance(wanted, Pointer)):
            return added
        source, wanted = source.target, wanted.target


def why_not(given: Typed, wanted: Type) -> tuple[str, str]:
    """Return what is wrong with a conversion that C++ refuses, and the way out."""
    source = decayed(given.type)
    if isinstance(source, Pointer) and isinstance(wanted, Pointer):
        if same(source.target, wanted.target) or plain(wanted.target) == VOID:
            return f"a {source} cannot become a {wanted}: its const would be lost", "declare the target const as well"
        return f"a {wanted} is needed here; this is a {source}", "use a pointer of that type, or cast it"
    if isinstance(wanted, Pointer):
        return f"a pointer or an array is needed here; this is a {source}", "pass the address of a variable"
    if scalar(wanted) is not None and not isinstance(wanted, Enum):
        pointer, field = isinstance(source, Pointer), isinstance(source, Record)
        remedy = "read what it points to with * or [...]" if pointer else "use one of its fields" if field else ""
        return f"a number is needed here; this is a {source}", remedy
    return f"a {wanted} is needed here; this is a {source}", ""
