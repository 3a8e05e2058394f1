"""C++'s types with their qualifiers, and the implicit conversions between them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeAlias

from imgcuda.cpu.values.types import BASIC, BOOL, Float, Int, Scalar, common
from imgcuda.frontend import syntax


@dataclass(frozen=True, slots=True)
class Basic:
    """The type of a number, `void`, or an unknown type, of which nothing is refused."""

    name: str
    const: bool = False

    def __str__(self) -> str:
        return "const " * self.const + self.name


@dataclass(frozen=True, slots=True)
class Record:
    """A structure, by its name; `Scopes` keeps its fields."""

    name: str
    const: bool = False

    def __str__(self) -> str:
        return "const " * self.const + self.name


@dataclass(frozen=True, slots=True)
class Enum:
    """The type of an enumeration."""

    name: str
    const: bool = False
    scoped: bool = False
    """Whether it is an `enum class`: it is no number."""

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
    """None if it is not known here."""

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
    """An expression's type, and whether it is an lvalue."""

    type: Type
    lvalue: bool = False
    null: bool = False
    """Whether it is a literal zero, which converts to a null pointer."""
    constant: bool = False
    """Whether it is a constant expression."""


def with_const(type: Type, const: bool = True) -> Type:
    """Return a type with const added if asked for; of an array, the elements become const."""
    if not const:
        return type
    if isinstance(type, Array):
        return replace(type, element=with_const(type.element))
    return replace(type, const=True)


def plain(type: Type) -> Type:
    """Return a type without its own const."""
    if isinstance(type, Array):
        return replace(type, element=plain(type.element))
    return replace(type, const=False) if type.const else type


def bare(type: Type) -> Type:
    """Return a type without const at any depth."""
    if isinstance(type, Pointer):
        return Pointer(bare(type.target))
    return Array(bare(type.element), type.size) if isinstance(type, Array) else plain(type)


def decayed(type: Type) -> Type:
    """Return the type after array decay: for an array, a pointer to its first element."""
    return Pointer(type.element) if isinstance(type, Array) else plain(type)


def same(one: Type, other: Type) -> bool:
    """Return whether two types are the same apart from const; an unknown type is the same as any."""
    if UNKNOWN in (bare(one), bare(other)):
        return True
    if isinstance(one, Pointer) and isinstance(other, Pointer):
        return same(one.target, other.target)
    if isinstance(one, Array) and isinstance(other, Array):
        return same(one.element, other.element) and (one.size == other.size or None in (one.size, other.size))
    return plain(one) == plain(other)


def as_written(type: Type, place: syntax.Place) -> syntax.TypeName | None:
    """Return a type as an author writes it; None if it is not known."""
    match type:
        case Pointer(target, const):
            written = as_written(target, place)
            return None if written is None else syntax.PointerType(written, const=const)
        case Array(element, size):
            written = as_written(element, place)
            if written is None or size is None:
                return None
            return syntax.ArrayType(written, syntax.NumberLiteral(size, "int", place))
    return None if plain(type) in (UNKNOWN, VOID) else syntax.NamedType(type.name, place, type.const)


def scalar(type: Type) -> Scalar | None:
    """Return the type of a number; None if a type is not a number's."""
    if isinstance(type, Enum):
        return None if type.scoped else BASIC["int"]  # type: ignore[return-value]
    found = BASIC.get(type.name) if isinstance(type, Basic) else None
    return found if isinstance(found, Int | Float) else None


def arithmetic(left: Scalar, right: Scalar) -> Type:
    """Return the type in which C++ computes with two numbers."""
    return _NAMES[common(left, right)]


_WORDS = ("int", "unsigned int", "long long", "unsigned long long", "float", "double")
_NAMES: dict[Scalar, Type] = {BASIC[word]: Basic(word) for word in _WORDS}  # type: ignore[misc]

Cost: TypeAlias = tuple[int, int]
"""The rank of a conversion for overloads: 0 exact, 1 a promotion, 2 any other; then the number of consts it adds."""

SAME: Cost = (0, 0)


def conversion(given: Typed, wanted: Type) -> Cost | None:
    """Return the rank of an implicit conversion; None if C++ refuses it."""
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
    """Return how many consts a conversion between pointers adds to their targets; None if C++ refuses it."""
    added = 0
    while True:
        if source.const and not wanted.const:
            return None
        added += wanted.const and not source.const
        if not (isinstance(source, Pointer) and isinstance(wanted, Pointer)):
            return added
        source, wanted = source.target, wanted.target


def why_not(given: Typed, wanted: Type) -> tuple[str, str]:
    """Return a message and a remedy for a conversion that C++ refuses."""
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
        if isinstance(given.type, Array) and plain(given.type.element) == Basic("char"):
            remedy = "write one character in single quotes, or read one of the string's with [...]"
        if source == Basic("nullptr"):
            remedy = "write 0; a null pointer is for pointers"
        if isinstance(source, Enum):
            remedy = f"write ({wanted}) in front of it"
        if _is_half(source):
            remedy = "write __half2float(...)"
        return f"a number is needed here; this is a {source}", remedy
    return f"a {wanted} is needed here; this is a {source}", "write __float2half(...)" * _is_half(wanted)


def _is_half(type: Type) -> bool:
    """Return whether a type is the float of 16 bits of `cuda_fp16.h`, which is a structure in C."""
    return isinstance(type, Record) and type.name == "__half"
