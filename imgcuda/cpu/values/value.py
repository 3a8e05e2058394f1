"""Values while a kernel is compiled: what is the same for all threads is kept as one number.

The kinds, from the cheapest to the most general:

    BLOCK     one number for all threads of the block: `blockIdx.x`, an argument, a loop counter
    UNIFORM   one number for the threads of a vector: `threadIdx.y` where a vector lies within a row
    LINEAR    base + lane * stride: `threadIdx.x` and sums with it; memory read there is one wide load
    VARYING   a vector with a number for each thread
"""

from __future__ import annotations

import ctypes
import struct
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from imgcuda.cpu.values.types import BOOL, I32, ArrayOf, Float, Int, PointerTo, Scalar, Struct

if TYPE_CHECKING:
    from imgcuda.cpu.ir import Builder
    from imgcuda.cpu.lowering.variables import Private


class Variability(IntEnum):
    BLOCK = 0
    UNIFORM = 1
    AFFINE = 2
    VARYING = 3


BLOCK, UNIFORM, AFFINE, VARYING = Variability


class FloorDivision(NamedTuple):
    """The quotient of a LINEAR value and a constant: the same for some lanes, then one more."""

    dividend: str
    stride: int
    """The dividend's."""
    divisor: int
    bits: int
    rise: str
    """How much more the last lane has than the first."""


@dataclass(frozen=True, slots=True)
class AffineForm:
    """The LINEAR value that a vector most likely is, or one with a stair in it (`lines.py`)."""

    first: str
    """What the first lane has."""
    stride: int
    guard: str = "true"
    """A bool: whether the vector is this. It may be unset although it is."""
    factor: int = 0
    """What each step of the stair adds."""
    quotient: FloorDivision | None = None


@dataclass(frozen=True, slots=True)
class Value:
    """A number: `ir` is LLVM's name for it, or a constant; a scalar for all kinds but VARYING."""

    type: Scalar
    kind: Variability
    ir: str
    stride: int = 0
    """LINEAR only: how much more each lane has than the one before."""
    const: int | float | None = None
    """What it is, where that is known now."""
    low: float | None = None
    high: float | None = None
    """A float's bounds, where a clamp has set them: what lets a conversion to integer be one instruction."""
    all: str | None = None
    none: str | None = None
    """Of a vector of bools, where it is cheap to know: one bool that is set only if all lanes are, or none is."""
    natural: bool = False
    """Whether it is made of indices, sizes and small constants by `+` and `*`: an unsigned one then does not wrap."""
    narrow: Value | None = None
    """VARYING integers only: the same numbers in the shorter type that they came from; minima can be found in it."""
    affine: AffineForm | None = None
    """VARYING integers only: what they most likely are."""

    @property
    def scalar(self) -> bool:
        """Whether it is one number for the whole vector."""
        return self.kind <= UNIFORM


@dataclass(frozen=True, slots=True)
class Aggregate:
    """A structure's value: its fields' values; or, within one, an array's, whose elements are named 0, 1, 2 ..."""

    type: Struct | ArrayOf
    fields: dict[str, Operand]


@dataclass(frozen=True, slots=True)
class Address:
    """A pointer's value: `base` is one address for the whole vector, `index` what each lane adds to it.

    Keeping the two apart is what keeps neighbouring threads' loads wide: a base may be any sum, and the index
    stays LINEAR. The index counts `scale` bytes. None stands for no index.
    """

    type: PointerTo
    base: str
    kind: Variability
    """The base's: BLOCK, UNIFORM, or VARYING for a vector with the base of each lane."""
    memory: MemoryRegion
    index: Value | None = None
    scale: int = 1
    private: Private | None = None
    """Set where it points to an array of each thread's own; `base` is then unused, and the index counts elements."""
    path: tuple[str, ...] = ()
    """The fields that lead from such an element to what is pointed to."""


@dataclass(frozen=True, slots=True)
class MemoryRegion:
    """What an address points into: for messages, and for the checked build."""

    name: str
    space: str
    """"global", "shared" or "constant"."""
    buffer: int = -1
    """Its number in a checked build; -1 where it is not one memory, or not known which."""


Operand: TypeAlias = Value | Aggregate | Address


NOTHING = Aggregate(Struct("void", ()), {})
"""What a function returns that returns nothing."""


BROKEN = Aggregate(Struct("mistake", ()), {})
"""What a name stands for whose declaration is wrong."""


def constant(value: int | float, type: Scalar = I32) -> Value:
    """Return a number that is known now."""
    if isinstance(type, Int):
        value = type.wrap(int(value)) if type != BOOL else int(bool(value))
        return Value(type, BLOCK, str(value), const=value, natural=0 <= value < 2**16)
    exact = _rounded(value, type)
    return Value(type, BLOCK, float_literal(exact, type), const=exact, low=exact, high=exact)


def as_narrow(value: Value, type: Scalar) -> Value | None:
    """Return a value in a shorter type; None if it is not known to be within that type's range."""
    if value.narrow is not None:
        return value.narrow if value.narrow.type == type else None
    return constant(int(value.const or 0), type) if fits(value.const, type) else None


def fits(number: int | float | None, type: Scalar) -> bool:
    """Return whether a number is known, and is within an integer's range."""
    return isinstance(number, int) and isinstance(type, Int) and type.wrap(number) == number


def _rounded(value: int | float, type: Float) -> float:
    """Return the number of a type that is nearest to another, rounded once."""
    if type.bits == 64:
        return float(value)
    if isinstance(value, int) and (spare := value.bit_length() - 40) > 0:
        # Bits far below the last of a float only say whether anything is there; a double holds the rest exactly.
        size = abs(value)
        size = (size >> spare | bool(size & ((1 << spare) - 1))) << spare
        value = size if value > 0 else -size
    return ctypes.c_float(value).value


def float_literal(value: float, type: Float) -> str:
    """Return a number as LLVM writes it: the bits of the double that equals it."""
    return f"0x{struct.unpack('<Q', struct.pack('<d', _rounded(value, type)))[0]:016X}"


class Vectors:
    """Puts numbers into vectors: one lane for each of `width` threads."""

    def __init__(self, builder: Builder, width: int) -> None:
        self.b = builder
        self.width = width

    def type(self, of: Scalar | str) -> str:
        return f"<{self.width} x {of if isinstance(of, str) else of.ir}>"

    def splat(self, ir: str, type: str) -> str:
        """Return a vector with the same number in each lane."""
        if not ir.startswith("%"):
            return f"splat ({type} {ir})"
        one = self.b.op(f"insertelement {self.type(type)} poison, {type} {ir}, i32 0")
        same = f"{self.type('i32')} zeroinitializer"
        return self.b.op(f"shufflevector {self.type(type)} {one}, {self.type(type)} poison, {same}")

    def numbers(self, values: list[int], type: Scalar | str) -> str:
        """Return a vector of known numbers."""
        name = type if isinstance(type, str) else type.ir
        return f"<{', '.join(f'{name} {value}' for value in values)}>"

    def of(self, value: Value) -> str:
        """Return any value as a vector."""
        if value.kind == VARYING:
            return value.ir
        base = self.splat(value.ir, value.type.ir)
        if value.kind != AFFINE:
            return base
        assert isinstance(value.type, Int)
        steps = self.numbers([value.type.wrap(lane * value.stride) for lane in range(self.width)], value.type)
        return self.b.op(f"add {self.type(value.type)} {base}, {steps}")

    def varying(self, value: Value) -> Value:
        return value if value.kind == VARYING else replace(value, kind=VARYING, ir=self.of(value), stride=0)

    def flat(self, value: Value) -> Value:
        """Return a value as one number or as a vector, but not as LINEAR."""
        return self.varying(value) if value.kind == AFFINE else value

    def shape(self, value: Value) -> str:
        """Return the LLVM type of a value's `ir`."""
        return self.type(value.type) if value.kind == VARYING else value.type.ir

    def any(self, mask: str) -> str:
        """Return whether any lane is set."""
        return self.b.call(f"llvm.vector.reduce.or.v{self.width}i1", "i1", [(self.type("i1"), mask)])

    def all(self, mask: str) -> str:
        """Return whether every lane is set."""
        return self.b.call(f"llvm.vector.reduce.and.v{self.width}i1", "i1", [(self.type("i1"), mask)])

    def none(self, mask: str) -> str:
        """Return whether no lane is set."""
        return self.b.op(f"xor i1 {self.any(mask)}, true")

    def both(self, left: str | None, right: str) -> str:
        """Return the lanes that are in both masks; None stands for all lanes."""
        return right if left is None else self.b.op(f"and {self.type('i1')} {left}, {right}")

    def without(self, mask: str | None, exited: str) -> str:
        """Return the lanes of a mask that are not in another."""
        stay = self.b.op(f"xor {self.type('i1')} {exited}, splat (i1 true)")
        return self.both(mask, stay)

    def select(self, mask: str, then: str, otherwise: str, type: str) -> str:
        kind = self.type(type)
        return self.b.op(f"select {self.type('i1')} {mask}, {kind} {then}, {kind} {otherwise}")

    # ---- a bool has one bit here, and a byte in memory

    def to_memory(self, ir: str, kind: Variability, type: Scalar) -> str:
        if type != BOOL:
            return ir
        source, to = (self.type("i1"), self.type("i8")) if kind == VARYING else ("i1", "i8")
        return self.b.op(f"zext {source} {ir} to {to}")

    def from_memory(self, ir: str, kind: Variability, type: Scalar) -> str:
        if type != BOOL:
            return ir
        source, zero = (self.type("i8"), "zeroinitializer") if kind == VARYING else ("i8", "0")
        return self.b.op(f"icmp ne {source} {ir}, {zero}")
