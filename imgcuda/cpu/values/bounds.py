"""Bounds of floats, and of integers that were floats: a clamp is left out if the bounds lie within its range.

The ends are computed as the processor computes them, and rounding keeps order, so they are exact: bytes times 1 / 255
have 1.0 as their highest, not a little more. A bounded value is a number, not NaN. The sign of an end that is zero
counts: what is at least +0.0 is not -0.0.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from imgcuda.cpu.values.types import Float, Int, Scalar
from imgcuda.cpu.values.value import UNBOUNDED, Bounds, Clamp, Value, rounded_to


def combined(operator: str, left: Value, right: Value) -> Bounds:
    """Return the bounds of `left operator right`, each rounded once."""
    (low, high), (lowest, highest) = left.bounds, right.bounds
    if low is None or high is None or lowest is None or highest is None:
        return UNBOUNDED
    if operator == "*":
        ends = [x * y for x in (low, high) for y in (lowest, highest)]
    elif operator == "+":
        ends = [low + lowest, high + highest]
    elif operator == "-":
        ends = [low - highest, high - lowest]
    else:
        return UNBOUNDED
    return _rounded(ends, left.type)


def clamped(which: str, value: Value, limit: int | float) -> Bounds:
    """Return the bounds of the "min" or "max" of a value and a constant."""
    low, high = value.bounds
    if which == "min":
        return None if low is None else _lowest((low, limit)), limit if high is None else _lowest((high, limit))
    return limit if low is None else _highest((low, limit)), None if high is None else _highest((high, limit))


def clamp(which: str, value: Value, limit: int | float) -> Clamp | None:
    """Return what the "min" or "max" of a value and a constant clamps; None if it is no number's, or has no low end."""
    if which == "max":
        return Clamp(value, limit)
    if value.clamp and value.clamp.high is None:
        return Clamp(value.clamp.value, value.clamp.low, limit)
    low, _ = value.bounds
    return None if low is None else Clamp(value, low, limit)


def within(which: str, value: Value, limit: Value) -> bool:
    """Return whether the "min" or "max" of a value and a constant is the value itself, for all that it may be."""
    low, high = value.bounds
    if limit.const is None or low is None or high is None:
        return False
    return _order(limit.const) <= _order(low) if which == "max" else _order(high) <= _order(limit.const)


def union(one: Bounds, other: Bounds) -> Bounds:
    """Return the bounds of a value that is within the ones or the others."""
    (low, high), (lower, higher) = one, other
    return (
        None if low is None or lower is None else _lowest((low, lower)),
        None if high is None or higher is None else _highest((high, higher)),
    )


def whole(value: Value) -> Bounds:
    """Return the bounds of a value that is rounded to a whole number, in any way."""
    low, high = value.bounds
    return low and math.floor(low), high and math.ceil(high)


def converted(value: Value, type: Scalar) -> Bounds:
    """Return the bounds of a value in another type."""
    if isinstance(type, Float):
        low, high = value.bounds if isinstance(value.type, Float) else _of_integer(value)
        return UNBOUNDED if low is None or high is None else _rounded((low, high), type)
    low, high = whole(value) if isinstance(value.type, Float) else value.bounds
    least, most = _range(type)
    return (low, high) if low is not None and high is not None and least <= low and high <= most else UNBOUNDED


def truncation(value: Value, type: Int) -> str:
    """Return LLVM's instruction that drops the upper bits of an integer: `trunc nuw` if they are known to be zero."""
    low, high = value.bounds
    known = low is not None and high is not None and low > -1 and high < 1 << type.bits
    return "trunc nuw" if known else "trunc"


def _of_integer(value: Value) -> Bounds:
    """Return the bounds of an integer: its own, or those of the shortest type that it came from."""
    if None not in value.bounds:
        return value.bounds
    type = (value.narrow or value).type
    assert isinstance(type, Int)
    return _range(type)


def _range(type: Int) -> tuple[int, int]:
    """Return the least and the greatest number of a type."""
    lowest = -(1 << (type.bits - 1)) if type.signed else 0
    return lowest, lowest + (1 << type.bits) - 1


def _rounded(ends: Iterable[float], type: Scalar) -> Bounds:
    """Return the lowest and the highest of some numbers, rounded to a type; no bounds if one is too large for it."""
    assert isinstance(type, Float)
    made = [rounded_to(end, type) for end in ends]
    return (_lowest(made), _highest(made)) if all(map(math.isfinite, made)) else UNBOUNDED


def _order(number: float) -> tuple[float, float]:
    """Return a sort key for numbers, in which -0.0 comes before 0.0."""
    return number, math.copysign(1.0, number)


def _lowest(ends: Iterable[float]) -> float:
    return min(ends, key=_order)


def _highest(ends: Iterable[float]) -> float:
    return max(ends, key=_order)
