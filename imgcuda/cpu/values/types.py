"""The types of CUDA C, their sizes and alignment, and C's implicit conversions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Int:
    """An integer type; a bool has one bit, and eight in memory."""

    bits: int
    signed: bool

    def __str__(self) -> str:
        names = {1: "bool", 8: "char", 16: "short", 32: "int", 64: "long long"}
        prefix = "" if self.signed or self.bits == 1 else "unsigned "
        return prefix + names[self.bits]

    @property
    def ir(self) -> str:
        return f"i{self.bits}"

    def wrap(self, value: int) -> int:
        """Return a value wrapped to the type's range, as a conversion does."""
        value &= (1 << self.bits) - 1
        return value - (1 << self.bits) if self.signed and value >> (self.bits - 1) else value


@dataclass(frozen=True, slots=True)
class Float:
    """A floating-point type: float or double."""

    bits: int

    def __str__(self) -> str:
        return "float" if self.bits == 32 else "double"

    @property
    def ir(self) -> str:
        return str(self)


@dataclass(frozen=True, slots=True)
class Void:
    """The type `void`."""

    def __str__(self) -> str:
        return "void"


@dataclass(frozen=True, slots=True)
class PointerTo:
    """The type of a pointer to `target`."""

    target: Type

    def __str__(self) -> str:
        return f"{self.target} *"


@dataclass(frozen=True, slots=True)
class ArrayOf:
    """The type of an array of `size` elements."""

    element: Type
    size: int
    """0 if it is set at launch: `extern __shared__ float tile[]`."""

    def __str__(self) -> str:
        return f"{self.element} [{self.size or ''}]"


@dataclass(frozen=True, slots=True)
class Struct:
    """A structure type, with its fields in order; or a union."""

    name: str
    fields: tuple[tuple[str, Type], ...]
    align: int = 0
    union: bool = False
    """Whether all fields lie at one place."""

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Raw(Int):
    """An address that is stored or compared as a number; in LLVM IR it must stay a pointer."""

    @property
    def ir(self) -> str:
        return "ptr"


Scalar: TypeAlias = Int | Float
Type: TypeAlias = Int | Float | Void | PointerTo | ArrayOf | Struct

BOOL = Int(1, False)
I8, U8 = Int(8, True), Int(8, False)
I16, U16 = Int(16, True), Int(16, False)
I32, U32 = Int(32, True), Int(32, False)
I64, U64 = Int(64, True), Int(64, False)
F32, F64 = Float(32), Float(64)
ADDRESS = Raw(64, False)
VOID = Void()

BASIC: dict[str, Type] = {
    "void": VOID, "bool": BOOL, "char": I8, "signed char": I8, "unsigned char": U8, "short": I16,
    "unsigned short": U16, "int": I32, "unsigned int": U32, "long": I64, "unsigned long": U64, "long long": I64,
    "unsigned long long": U64, "float": F32, "double": F64, "int8_t": I8, "uint8_t": U8, "int16_t": I16,
    "uint16_t": U16, "int32_t": I32, "uint32_t": U32, "int64_t": I64, "uint64_t": U64, "size_t": U64,
    "ptrdiff_t": I64, "clock_t": I64, "intptr_t": I64, "uintptr_t": U64,
    "uchar": U8, "ushort": U16, "uint": U32, "ulong": U64,
}  # fmt: skip
"""The built-in types, by name."""


def _vector_types() -> dict[str, Struct]:
    """Return CUDA's vector types, like uchar4: structures of x, y, z and w with CUDA's alignment."""
    bases: dict[str, Int | Float] = {
        "char": I8, "uchar": U8, "short": I16, "ushort": U16, "int": I32, "uint": U32, "long": I64, "ulong": U64,
        "longlong": I64, "ulonglong": U64, "float": F32, "double": F64,
    }  # fmt: skip
    made = {}
    for name, base in bases.items():
        for count in (1, 2, 3, 4):
            align = base.bits // 8 * (1 if count == 3 else count)
            fields = tuple((axis, base) for axis in "xyzw"[:count])
            made[f"{name}{count}"] = Struct(f"{name}{count}", fields, min(align, 16))
    return made


VECTORS = _vector_types()
DIM3 = Struct("dim3", (("x", U32), ("y", U32), ("z", U32)))


def align_of(type: Type) -> int:
    """Return the alignment of a type in bytes."""
    match type:
        case Int(bits) | Float(bits):
            return max(bits // 8, 1)
        case ArrayOf(element):
            return align_of(element)
        case Struct():
            return max([1, type.align, *(align_of(field) for _, field in type.fields)])
    return 8


def size_of(type: Type) -> int:
    """Return the size of a type in bytes, as `sizeof` does."""
    match type:
        case Int(bits) | Float(bits):
            return max(bits // 8, 1)
        case ArrayOf(element, size):
            return size_of(element) * size
        case Struct():
            end = max((offset_of(type, name) + size_of(field) for name, field in type.fields), default=0)
            return round_up(max(end, 1), align_of(type))
    return 8


def offset_of(struct: Struct, name: str) -> int:
    """Return the offset of a field in its structure, in bytes."""
    offset = 0
    for field, type in struct.fields:
        offset = 0 if struct.union else round_up(offset, align_of(type))
        if field == name:
            return offset
        offset += size_of(type)
    raise KeyError(name)


def round_up(value: int, step: int) -> int:
    """Return the smallest multiple of `step` that is at least `value`."""
    return -(-value // step) * step


def elements(type: Type) -> int:
    """Return how many elements an array of any number of dimensions has; 1 for other types."""
    return type.size * elements(type.element) if isinstance(type, ArrayOf) else 1


def innermost(type: Type) -> Type:
    """Return the element type of an array of any number of dimensions."""
    return innermost(type.element) if isinstance(type, ArrayOf) else type


def has_array(type: Type) -> bool:
    """Return whether a type is an array, or a structure that contains one."""
    return isinstance(type, ArrayOf) or (isinstance(type, Struct) and any(has_array(part) for _, part in type.fields))


def has_union(type: Type) -> bool:
    """Return whether a type is a union or contains one."""
    if isinstance(type, ArrayOf):
        return has_union(type.element)
    return isinstance(type, Struct) and (type.union or any(has_union(part) for _, part in type.fields))


def has_pointer(type: Type) -> bool:
    """Return whether a type is a pointer or contains one."""
    if isinstance(type, ArrayOf):
        return has_pointer(type.element)
    return isinstance(type, PointerTo) or (
        isinstance(type, Struct) and any(has_pointer(part) for _, part in type.fields)
    )


def promote(type: Scalar) -> Scalar:
    """Return the type after integer promotion: nothing in arithmetic is smaller than an int."""
    return I32 if isinstance(type, Int) and type.bits < 32 else type


def common(left: Scalar, right: Scalar) -> Scalar:
    """Return the common type of two operands (C's usual arithmetic conversions)."""
    left, right = promote(left), promote(right)
    for type in (F64, F32, U64, I64, U32):
        if type in (left, right):
            return type
    return I32


def memory_ir(type: Scalar) -> str:
    """Return the LLVM type of a value in memory: a bool takes a byte."""
    return "i8" if type == BOOL else type.ir
