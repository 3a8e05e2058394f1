"""Conversions between number types, as CUDA defines them: float to integer saturates, and NaN becomes 0."""

from __future__ import annotations

import math
from dataclasses import replace

from imgcuda.cpu.values import bounds
from imgcuda.cpu.values.affine import AffineForms
from imgcuda.cpu.values.types import BOOL, I32, I64, U8, Float, Int, Scalar
from imgcuda.cpu.values.value import AFFINE, BLOCK, UNIFORM, VARYING, Pitched, Value, Vectors, constant, float_literal


class Conversions:
    """Emits instructions for conversions; constants are folded."""

    def __init__(self, vectors: Vectors, contract: bool = True) -> None:
        self.v = vectors
        self.b = vectors.b
        self.forms = AffineForms(vectors)
        self.contract = contract
        """Whether a product and a sum become a fused multiply-add, which rounds once, as on a GPU."""

    def convert(self, value: Value, type: Scalar) -> Value:
        """Return a value in another type."""
        if value.type == type:
            return value
        if value.const is not None and value.kind == BLOCK:
            return _known(value.const, type)
        if type == BOOL:
            return self.truth(value)
        if value.kind == AFFINE and (affine := self._convert_affine(value, type)):
            return affine
        if value.narrow is not None and value.narrow.type == type:
            return value.narrow
        value = self.v.flat(value)
        to = self.v.type(type) if value.kind == VARYING else type.ir
        made = Value(type, value.kind, self._cast(value, type, to), bounds=bounds.converted(value, type))
        if not isinstance(type, Int) or type.bits < 32:
            return made
        form = self.forms.widened(value) if type.bits == 64 else value.affine if value.type.bits == 32 else None
        pitched = self._convert_pitched(value, type)
        return replace(made, natural=value.natural, affine=form, narrow=_narrow(value, type), pitched=pitched)

    def _convert_pitched(self, value: Value, type: Int) -> Pitched | None:
        if value.pitched is None or not isinstance(value.type, Int) or type.bits < value.type.bits:
            return None
        first, pitch, wraps = value.pitched
        if type.bits == value.type.bits:
            return Pitched(first, pitch, wraps or (type.signed != value.type.signed and not value.natural))
        if wraps:
            return None
        first, pitch = (self.convert(Value(value.type, UNIFORM, each), type).ir for each in (first, pitch))
        return Pitched(first, pitch)

    def widened(self, index: Value) -> Value:
        """Return an index in 64 bits. An affine index stays affine, so a contiguous access stays one wide access."""
        if index.kind != AFFINE or index.type.bits == 64:
            return self.convert(index, I64)
        return Value(I64, AFFINE, self._widen(index), index.stride)

    def truth(self, value: Value) -> Value:
        """Return whether a value is not zero."""
        return value if value.type == BOOL else self.compare("!=", value, constant(0, value.type))

    def compare(self, operator: str, left: Value, right: Value) -> Value:
        """Return the comparison of two values of one type, as a bool."""
        raise NotImplementedError

    def _convert_affine(self, value: Value, type: Scalar) -> Value | None:
        """Return an affine value in another type if it stays affine: in a shorter type or as a float it does not."""
        if not (isinstance(type, Int) and isinstance(value.type, Int) and type.bits >= value.type.bits >= 32):
            return None
        if type.bits == value.type.bits:
            # As an int, an unsigned sum continues below 0; but strides this long may overflow an int.
            return replace(value, type=type) if value.type.signed or abs(value.stride) < 2**16 else None
        if not value.type.signed and not value.natural:
            return None  # it may wrap at 2^32 between two lanes
        return Value(type, AFFINE, self._widen(value), value.stride, natural=value.natural)

    def _widen(self, value: Value) -> str:
        """Return the base of an affine value in 64 bits.

        An unsigned value may wrap at 2^32 between two lanes, as `x - 1u` does at x = 0. Used as an index, the lanes
        before the wrap would be far outside any array, so the base is sign-extended: it is a small negative number.
        """
        assert isinstance(value.type, Int)
        if value.type.signed:
            return self.b.op(f"sext i32 {value.ir} to i64")
        last = self.b.op(f"add i32 {value.ir}, {I32.wrap((self.v.width - 1) * value.stride)}")
        order = "ult" if value.stride > 0 else "ugt"
        wraps = self.b.op(f"icmp {order} i32 {last}, {value.ir}")
        signed, unsigned = self.b.op(f"sext i32 {value.ir} to i64"), self.b.op(f"zext i32 {value.ir} to i64")
        return self.b.op(f"select i1 {wraps}, i64 {signed}, i64 {unsigned}")

    def _cast(self, value: Value, type: Scalar, to: str) -> str:
        source, shape = value.type, self.v.shape(value)
        if isinstance(source, Float):
            return self._from_float(value, type, to)
        if isinstance(type, Float):
            return self._to_float(value, to)
        if type.bits == source.bits:
            return value.ir
        if value.integers and type.bits == 32:
            return value.integers()
        if value.bytes and type == U8:
            return value.bytes()
        verb = bounds.truncation(value, type) if type.bits < source.bits else "sext" if source.signed else "zext"
        return self.b.op(f"{verb} {shape} {value.ir} to {to}")

    def _to_float(self, value: Value, to: str) -> str:
        assert isinstance(value.type, Int)
        if not value.type.signed and value.type.bits < 32:
            value = self.convert(value, I32)  # a signed conversion is one instruction, an unsigned one is not
        verb = "sitofp" if isinstance(value.type, Int) and value.type.signed else "uitofp"
        return self.b.op(f"{verb} {self.v.shape(value)} {value.ir} to {to}")

    def _from_float(self, value: Value, type: Scalar, to: str) -> str:
        assert isinstance(value.type, Float)
        shape = self.v.shape(value)
        if isinstance(type, Float):
            verb = "fpext" if type.bits > value.type.bits else "fptrunc"
            return self.b.op(f"{verb} {shape} {value.ir} to {to}")
        wide, lowest = _at_least_32(type), value.bounds[0]
        if not wide.signed and wide.bits == 32 and fits(value, I32) and lowest is not None and lowest > -1:
            wide = I32  # a signed conversion is one instruction
        wide_to = self.v.type(wide) if value.kind == VARYING else wide.ir
        if fits(value, wide):
            number = self.b.op(f"fptosi {shape} {value.ir} to {wide_to}")
        elif value.kind == VARYING:
            number = self._saturate(value, wide)
        else:
            name = f"llvm.fpto{'s' if wide.signed else 'u'}i.sat.{suffix(wide_to)}.{suffix(shape)}"
            number = self.b.call(name, wide_to, [(shape, value.ir)])
        if wide.bits == type.bits:
            return number
        return self.b.op(f"{bounds.truncation(value, type)} {wide_to} {number} to {to}")

    def _saturate(self, value: Value, type: Int) -> str:
        """Return a vector of floats as integers: beyond the range they become its nearest end, and NaN becomes 0.

        LLVM has an intrinsic for it, but compiles it lane by lane.
        """
        assert isinstance(value.type, Float)
        lowest = -(1 << (type.bits - 1)) if type.signed else 0
        beyond, floats, to = lowest + (1 << type.bits), self.v.type(value.type), self.v.type(type)
        if not type.signed and (highest := value.bounds[1]) is not None and highest < 1 << 30:
            return self._convert_where(value, "ogt", 0.0, "fptosi", to)  # one instruction, unlike an unsigned one
        low, high = (f"splat ({value.type.ir} {float_literal(float(end), value.type)})" for end in (lowest, beyond))
        above = self.b.op(f"fcmp oge {floats} {value.ir}, {high}")
        below = self.b.op(f"fcmp olt {floats} {value.ir}, {low}")
        either = self.b.op(f"or {self.v.type('i1')} {above}, {below}")
        zero = float_literal(0.0, value.type)
        within = self.v.select(either, f"splat ({value.type.ir} {zero})", value.ir, value.type.ir)
        number = self._convert_where(replace(value, ir=within), "ord", 0.0, "fptosi" if type.signed else "fptoui", to)
        number = self.v.select(above, f"splat ({type.ir} {Int(type.bits, True).wrap(beyond - 1)})", number, type.ir)
        return self.v.select(below, f"splat ({type.ir} {lowest})", number, type.ir)

    def _convert_where(self, value: Value, predicate: str, number: float, verb: str, to: str) -> str:
        """Return floats as integers where a comparison with a number holds, and 0 elsewhere."""
        assert isinstance(value.type, Float)
        floats = self.v.type(value.type)
        guard = self.b.op(
            f"fcmp {predicate} {floats} {value.ir}, splat ({value.type.ir} {float_literal(number, value.type)})"
        )
        kept = self.v.select(
            guard, value.ir, f"splat ({value.type.ir} {float_literal(0.0, value.type)})", value.type.ir
        )
        return self.b.op(f"{verb} {floats} {kept} to {to}")


def _narrow(value: Value, type: Int) -> Value | None:
    """Return the shorter value that a conversion widened, if the conversion keeps every number."""
    source = value.type
    if not isinstance(source, Int) or source.bits >= type.bits or source == BOOL or value.kind == AFFINE:
        return None
    return (value.narrow or value) if type.signed or not source.signed else None


def _known(number: int | float, type: Scalar) -> Value:
    """Return a constant in another type."""
    if isinstance(number, int) or isinstance(type, Float) or type == BOOL:
        return constant(number, type)
    if math.isnan(number):
        return constant(0, type)
    wide = _at_least_32(type)
    lowest = -(1 << (wide.bits - 1)) if wide.signed else 0
    whole = math.trunc(min(max(number, lowest), lowest + 2**wide.bits))
    return constant(min(whole, lowest + 2**wide.bits - 1), type)


def _at_least_32(type: Int) -> Int:
    """Return the integer type that a GPU converts a float to: at least 32 bits; it then drops the upper bits."""
    return type if type.bits >= 32 else Int(32, type.signed)


def fits(value: Value, type: Int) -> bool:
    """Return whether a float is known to lie within a type's range; then it is not NaN either."""
    low, high = value.bounds
    if low is None or high is None or not type.signed:
        return False
    limit = 1 << (type.bits - 1)
    return -limit <= low and high <= limit - 128


def suffix(shape: str) -> str:
    """Return a type as it stands in the name of an LLVM intrinsic: <32 x float> is v32f32."""
    for word, short in (("float", "f32"), ("double", "f64")):
        shape = shape.replace(word, short)
    return shape if shape[0] != "<" else "v" + shape[1:-1].replace(" x ", "")
