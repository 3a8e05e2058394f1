"""Rounding, absolute values, extremes, classification, exact arithmetic, conversions: an instruction or a few each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import inf

from imgcuda.cpu.lowering.state import State
from imgcuda.cpu.machine import Machine
from imgcuda.cpu.maths.formula import BIAS, Formula, Number, both, scaled
from imgcuda.cpu.maths.logarithm import parts
from imgcuda.cpu.rounding_functions import NAME, WITHIN_INTEGERS, is_short
from imgcuda.cpu.values import bounds
from imgcuda.cpu.values.arithmetic import suffix
from imgcuda.cpu.values.conversions import fits
from imgcuda.cpu.values.types import F32, F64, I32, I64, Float, Int, Scalar, promote
from imgcuda.cpu.values.value import VARYING, Value, constant

BYTE = 255
"""The most that a byte holds."""


def chosen(type: Float | None, *values: Value) -> Float:
    """Return the type a function computes in: the one its name says, else float if that is all the floats' type."""
    types = {value.type for value in values}
    return type or (F32 if F32 in types and F64 not in types else F64)


def intrinsic(state: State, name: str, *values: Value) -> Value:
    """Call an LLVM intrinsic on values of one type."""
    values = tuple(map(state.v.flat, values))
    wide = any(value.kind == VARYING for value in values)
    shape = state.v.type(values[0].type) if wide else values[0].type.ir
    arguments = [(shape, state.v.of(value) if wide else value.ir) for value in values]
    made = state.b.call(f"llvm.{name}.{suffix(shape)}", shape, arguments)
    return Value(values[0].type, VARYING if wide else max(value.kind for value in values), made)


def own(state: State, name: str, type: Float | None, *values: Value) -> Value:
    """Call an LLVM intrinsic that is one instruction: sqrt, fabs, copysign, fma."""
    to = chosen(type, *values)
    return intrinsic(state, name, *(state.math.convert(value, to) for value in values))


def rounded(state: State, name: str, type: Float | None, value: Value) -> Value:
    """Round to a whole number by one of LLVM's intrinsics, and round its bounds outward."""
    value = state.math.convert(value, chosen(type, value))
    return replace(intrinsic(state, name, value), bounds=bounds.whole(value))


def extreme(state: State, which: str, type: Scalar | None, left: Value, right: Value) -> Value:
    """Return the "min" or "max"; of a NaN and a number, the number."""
    if type is not None:
        left, right = state.math.convert(left, type), state.math.convert(right, type)
    return state.math.extreme(which, left, right)


def float_extreme(state: State, which: str, left: Value, right: Value) -> Value:
    """Return fmin or fmax: of floats a float, of anything else a double."""
    return extreme(state, which, chosen(None, left, right), left, right)


def absolute(state: State, type: Scalar | None, value: Value) -> Value:
    """Return the absolute value of an integer or float."""
    value = state.math.convert(value, type or promote(value.type))
    if isinstance(value.type, Float):
        return intrinsic(state, "fabs", value)
    return state.math.extreme("max", value, state.math.negative(value))


def saturate(state: State, value: Value) -> Value:
    """Return a float clamped to 0..1; a NaN becomes 0."""
    value = state.math.convert(value, F32)
    return state.math.extreme("min", state.math.extreme("max", value, constant(0.0, F32)), constant(1.0, F32))


def quotient(state: State, left: Value, right: Value) -> Value:
    """Return the quotient of two floats."""
    return state.math.binary("/", state.math.convert(left, F32), state.math.convert(right, F32))


def exact(state: State, operator: str, type: Float, left: Value, right: Value) -> Value:
    """Return `left operator right`, never contracted with other operations to a fused multiply-add."""
    f = Formula(state, left, right)
    x, y = f.given(left, type), f.given(right, type)
    return f.result({"+": x.__add__, "-": x.__sub__, "*": x.__mul__, "/": x.__truediv__}[operator](y))


# ---- conversions


def to_integer(state: State, rounding: str, source: Float, type: Int, value: Value) -> Value:
    """Return a float rounded to an integer; saturated to the type's range, and 0 for NaN."""
    given = value
    if rounding != "trunc":
        value = rounded(state, rounding, source, value)
    made = state.math.convert(state.math.convert(value, source), type)
    return replace(made, bytes=_bytes(state, given)) if rounding == "rint" and type == I32 else made


def _bytes(state: State, value: Value) -> Callable[[], str] | None:
    """Return what emits a float, rounded to the nearest, as bytes; None for one that may lie beyond them."""
    low, high = value.bounds
    if not is_short(state.v.width, Machine.host().features):
        return None
    if value.kind != VARYING or value.type != F32 or low is None or high is None or low < 0 or high > BYTE:
        return None
    clamped = value.clamp.value if value.clamp and value.clamp.low == 0 and value.clamp.high in (BYTE, None) else value
    name = WITHIN_INTEGERS if None not in clamped.bounds and fits(clamped, I32) else NAME
    bytes, floats, width = state.v.type("i8"), state.v.shape(clamped), state.v.width
    return lambda: state.b.call(f"{name}{width}", bytes, [(floats, clamped.ir)])


def to_long(state: State, rounding: str, type: Float | None, value: Value) -> Value:
    """Return lrint, lround and the like: a float rounded to a 64-bit integer."""
    return to_integer(state, rounding, chosen(type, value), I64, value)


def to_float(state: State, source: Scalar, type: Float, value: Value) -> Value:
    """Return an integer, or a double, as the nearest float."""
    return state.math.convert(state.math.convert(value, source), type)


def same_bits(state: State, source: Scalar, type: Scalar, value: Value) -> Value:
    """Return the same bits taken as another type of the same size."""
    value = state.v.flat(state.math.convert(value, source))
    to = state.v.type(type) if value.kind == VARYING else type.ir
    return Value(type, value.kind, state.b.op(f"bitcast {state.v.shape(value)} {value.ir} to {to}"))


# ---- formulas of one line or two


def is_nan(x: Number) -> Number:
    """Return isnan."""
    return x.is_nan()


def is_infinite(x: Number) -> Number:
    """Return isinf."""
    return x.abs().equals(inf)


def is_finite(x: Number) -> Number:
    """Return isfinite."""
    return x.abs() < inf


def sign_bit(x: Number) -> Number:
    """Return signbit."""
    return x.bits() < 0


def positive_difference(x: Number, y: Number) -> Number:
    """Return fdim: x - y where x is greater, else 0; NaN of a NaN."""
    return x.f.choose(x <= y, 0.0, x - y)


def times_power_of_two(x: Number, exponent: Number) -> Number:
    """Return ldexp: x * 2^n, rounded once, by way of a number about 1 and the whole exponent."""
    own_exponent, m = parts(x.abs())
    n = own_exponent + exponent.at_least(-5000).at_most(5000).to(own_exponent.type)
    reach = 2 * BIAS[x.type] - 100
    made = scaled(m, n.at_least(-reach).at_most(reach)).with_sign_of(x)
    return x.f.choose(both(x.abs() > 0.0, x.abs() < inf), made, x)
