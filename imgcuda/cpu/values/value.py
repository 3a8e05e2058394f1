"""Values at compile time, and how they vary over the threads of a block: uniform, affine or varying.

A value that is the same for all threads is one scalar. The kinds, from the cheapest to the most general:

    BLOCK     uniform over the block: `blockIdx.x`, a kernel argument, a loop counter
    UNIFORM   uniform over a vector of threads: `threadIdx.y` where a vector lies within a row
    AFFINE    base + lane * stride: `threadIdx.x` and sums with it; a load at such an index is one wide load
    VARYING   a vector with one number for each thread
"""

from __future__ import annotations

import ctypes
import math
import struct
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from imgcuda.cpu.values.types import BOOL, I32, ArrayOf, Float, Int, PointerTo, Scalar, Struct

if TYPE_CHECKING:
    from imgcuda.cpu.ir import Builder
    from imgcuda.cpu.lowering.variables import Private


class Variability(IntEnum):
    """How a value differs between the threads of a block; a larger number is more general."""

    BLOCK = 0
    UNIFORM = 1
    AFFINE = 2
    VARYING = 3


BLOCK, UNIFORM, AFFINE, VARYING = Variability


Bounds: TypeAlias = tuple[float | None, float | None]
"""The lowest and the highest that a value may be; None where that is unknown."""

UNBOUNDED: Bounds = (None, None)


class FloorDivision(NamedTuple):
    """The quotient of an affine value and a constant, rounded down: equal for some lanes, then one more."""

    dividend: str
    stride: int
    """The stride of the dividend."""
    divisor: int
    bits: int
    rise: str
    """The last lane's quotient minus the first lane's."""


@dataclass(frozen=True, slots=True)
class AffineForm:
    """The value that a vector most likely equals: first + lane * stride + factor * quotient (`affine.py`)."""

    first: str
    """The value of the first lane."""
    stride: int
    guard: str = "true"
    """A bool at run time: where it is set, the vector equals this form. It may be unset although it does."""
    factor: int = 0
    """What the quotient is multiplied by."""
    quotient: FloorDivision | None = None


class Clamp(NamedTuple):
    """A float before it was clamped, and the limits that it was clamped to."""

    value: Value
    low: float
    high: float | None = None


class Pitched(NamedTuple):
    """The lanes of a vector as first + lane * pitch, where the pitch is known only at run time."""

    first: str
    pitch: str
    wraps: bool = False
    """Whether it holds for 32 bits only, and not if they are widened: an unsigned number may wrap between two lanes."""


@dataclass(frozen=True, slots=True)
class Value:
    """A number: `ir` is its name in LLVM IR, or a constant; a vector if VARYING, else a scalar."""

    type: Scalar
    kind: Variability
    ir: str
    stride: int = 0
    """AFFINE only: the difference between a lane and the one before it."""
    const: int | float | None = None
    """Its value, if that is a compile-time constant."""
    bounds: Bounds = UNBOUNDED
    """A float's bounds, or those of the float that an integer was, where they are known (`bounds.py`)."""
    all: str | None = None
    none: str | None = None
    """For a vector of bools, where it is cheap: a bool set only if all lanes are set, and one only if no lane is."""
    factors: tuple[Value, Value] | None = field(default=None, compare=False, repr=False)
    """A float's factors, if it is a product that a sum may be fused with."""
    natural: bool = False
    """Whether it is a sum or product of indices, sizes and small constants: an unsigned one then does not wrap."""
    narrow: Value | None = None
    """VARYING integers only: the same numbers in the shorter type that they came from, for faster comparisons."""
    integers: Callable[[], str] | None = field(default=None, compare=False, repr=False)
    """VARYING bytes only: emits the same numbers as integers of 32 bits, where that is cheaper than to widen them."""
    bytes: Callable[[], str] | None = field(default=None, compare=False, repr=False)
    """VARYING integers only: emits the same numbers as bytes, where that is cheaper than to narrow the integers."""
    clamp: Clamp | None = field(default=None, compare=False, repr=False)
    """A float only: what it was clamped from."""
    affine: AffineForm | None = None
    """VARYING integers only: the affine form that they most likely have."""
    pitched: Pitched | None = None
    """VARYING integers only: how they differ, if by a number that a launch knows, as in `threadIdx.x * width`."""

    @property
    def scalar(self) -> bool:
        """Whether it is one number for the whole vector."""
        return self.kind <= UNIFORM


@dataclass(frozen=True, slots=True)
class Aggregate:
    """The value of a structure, by field; or of an array within one, whose elements are named 0, 1, 2 ..."""

    type: Struct | ArrayOf
    fields: dict[str, Operand]


NULL = "null"
"""The base of a null pointer."""


@dataclass(frozen=True, slots=True)
class Address:
    """The value of a pointer: `base` is one address for the whole vector; each lane adds `index` to it.

    Since the two are kept apart, the loads of neighboring threads stay wide: the base may be any sum, and the index
    stays affine. The index counts units of `scale` bytes. None stands for no index.
    """

    type: PointerTo
    base: str
    kind: Variability
    """The kind of the base: BLOCK, UNIFORM, or VARYING for a vector with one base for each lane."""
    memory: MemoryRegion
    index: Value | None = None
    scale: int = 1
    private: Private | None = None
    """Set if it points to private memory of each thread; `base` is then unused, and the index counts elements."""
    path: tuple[str, ...] = ()
    """The fields that lead from an element of private memory to the target."""


@dataclass(frozen=True, slots=True)
class MemoryRegion:
    """The array that an address points into, for messages and for checked builds."""

    name: str
    space: str
    """"global", "shared" or "constant"."""
    buffer: int = -1
    """Its number in a checked build; -1 if it is unknown, or one of several."""
    table: str = ""
    """Where it begins, if it has exactly 256 elements of a byte; else empty."""


Operand: TypeAlias = Value | Aggregate | Address


NOTHING = Aggregate(Struct("void", ()), {})
"""The result of a `void` function."""


BROKEN = Aggregate(Struct("mistake", ()), {})
"""The value of a name whose declaration has an error."""


def constant(value: int | float, type: Scalar = I32) -> Value:
    """Return a compile-time constant as a value."""
    if isinstance(type, Int):
        value = type.wrap(int(value)) if type != BOOL else int(bool(value))
        return Value(type, BLOCK, str(value), const=value, natural=0 <= value < 2**16)
    exact = rounded_to(value, type)
    bounds = (exact, exact) if math.isfinite(exact) else UNBOUNDED
    return Value(type, BLOCK, float_literal(exact, type), const=exact, bounds=bounds)


def as_narrow(value: Value, type: Scalar) -> Value | None:
    """Return a value in a shorter type; None unless it is known to lie within that type's range."""
    if value.narrow is not None:
        return value.narrow if value.narrow.type == type else None
    return constant(int(value.const or 0), type) if fits(value.const, type) else None


def fits(number: int | float | None, type: Scalar) -> bool:
    """Return whether a number is known and lies within the range of an integer type."""
    return isinstance(number, int) and isinstance(type, Int) and type.wrap(number) == number


def rounded_to(value: int | float, type: Float) -> float:
    """Return the number of a type that is nearest to another, rounded once."""
    if type.bits == 64:
        return float(value)
    if isinstance(value, int) and (spare := value.bit_length() - 40) > 0:
        # Of the bits far below a float's last bit, rounding needs only whether any is set; a double holds the rest.
        size = abs(value)
        size = (size >> spare | bool(size & ((1 << spare) - 1))) << spare
        value = size if value > 0 else -size
    return ctypes.c_float(value).value


def float_literal(value: float, type: Float) -> str:
    """Return a number as LLVM writes it: the bits of the double that equals it."""
    return f"0x{struct.unpack('<Q', struct.pack('<d', rounded_to(value, type)))[0]:016X}"


class Vectors:
    """Emits vectors of `width` lanes, one for each thread, and lane masks."""

    def __init__(self, builder: Builder, width: int) -> None:
        self.b = builder
        self.width = width
        self.floats = False
        """Whether there are vectors of floats."""

    def type(self, of: Scalar | str) -> str:
        """Return the LLVM type of a vector with elements of a type."""
        self.floats |= isinstance(of, Float)
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
        """Return any value as one of kind VARYING."""
        return value if value.kind == VARYING else replace(value, kind=VARYING, ir=self.of(value), stride=0)

    def flat(self, value: Value) -> Value:
        """Return a value as a scalar or a vector: an affine value becomes a vector."""
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
        """Return the lanes of `mask` that are not in `exited`; None stands for all lanes."""
        stay = self.b.op(f"xor {self.type('i1')} {exited}, splat (i1 true)")
        return self.both(mask, stay)

    def select(self, mask: str, then: str, otherwise: str, type: str) -> str:
        """Return `then` in the lanes of a mask and `otherwise` in the others."""
        kind = self.type(type)
        return self.b.op(f"select {self.type('i1')} {mask}, {kind} {then}, {kind} {otherwise}")

    def mask_of(self, bits: str) -> str:
        """Return the bits of an integer as a lane mask, without AVX-512.

        Each lane gets the byte with its bit, and tests it: LLVM would move a cast's bits into lanes one by one.
        """
        bytes, lanes = f"<{self.width // 8} x i8>", self.type("i8")
        cut = self.b.op(f"bitcast i{self.width} {bits} to {bytes}")
        picks = self.numbers([lane // 8 for lane in range(self.width)], "i32")
        spread = self.b.op(f"shufflevector {bytes} {cut}, {bytes} poison, {self.type('i32')} {picks}")
        own = self.numbers([1 << lane % 8 for lane in range(self.width)], "i8")
        return self.b.op(f"icmp ne {lanes} {self.b.op(f'and {lanes} {spread}, {own}')}, zeroinitializer")

    # ---- a bool has one bit here, and a byte in memory

    def to_memory(self, ir: str, kind: Variability, type: Scalar) -> str:
        """Return a value in the form that is stored: bools as bytes."""
        if type != BOOL:
            return ir
        source, to = (self.type("i1"), self.type("i8")) if kind == VARYING else ("i1", "i8")
        return self.b.op(f"zext {source} {ir} to {to}")

    def from_memory(self, ir: str, kind: Variability, type: Scalar) -> str:
        """Return a loaded value: bytes as bools."""
        if type != BOOL:
            return ir
        source, zero = (self.type("i8"), "zeroinitializer") if kind == VARYING else ("i8", "0")
        return self.b.op(f"icmp ne {source} {ir}, {zero}")
