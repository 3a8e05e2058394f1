"""asin, acos, atan and atan2: polynomials on a short interval, and the identities that lead there."""

from __future__ import annotations

from imgcuda.cpu.maths import polynomials as tables
from imgcuda.cpu.maths.formula import MANTISSA, Number
from imgcuda.cpu.values.types import F32, F64, Scalar

PI: dict[Scalar, tuple[float, float]] = {
    F32: (3.1415927, -8.742277657347586e-08),
    F64: (3.141592653589793, 1.2246467991473532e-16),
}
"""The nearest number to pi, and the difference to pi."""


def _arc(t: Number, table: tables.Coefficients) -> Number:
    """Return t + t^3 P(t^2): an odd function with the slope 1 at 0."""
    square = t * t
    return (t * square).times_plus(square.polynomial(table[t.type]), t)


def atan(x: Number) -> Number:
    """Return the arc tangent; above 1 as pi/2 - atan(1/x)."""
    size, choose, (high, low) = x.abs(), x.f.choose, PI[x.type]
    steep = size > 1.0
    arc = _arc(choose(steep, 1.0 / size, size), tables.ATAN)
    return choose(steep, high / 2 + (low / 2 - arc), arc).with_sign_of(x)


def atan2(y: Number, x: Number) -> Number:
    """Return the angle of a point: the arc tangent within an eighth of a turn, then moved to where the point lies."""
    choose, (high, low), across, along = x.f.choose, PI[x.type], y.abs(), x.abs()
    steep, behind = across > along, x.bits() < 0
    less, more = choose(across < along, across, along), choose(across < along, along, across)
    diagonal = choose(across.equals(0.0), x.like(0.0), 1.0)  # where 0 / 0 and infinity / infinity tell nothing
    arc = _arc(choose(across.equals(along), diagonal, less / more), tables.ATAN)
    arc = choose(steep ^ behind, -arc, arc)
    base = choose(steep, x.like(high / 2), choose(behind, x.like(high), 0.0))
    rest = choose(steep, x.like(low / 2), choose(behind, x.like(low), 0.0))
    return (base + (rest + arc)).with_sign_of(y)


def asin(x: Number) -> Number:
    """Return the arc sine; above 1/2 as pi/2 - 2 asin(sqrt((1 - x) / 2)), that root in two parts."""
    size, (high, low) = x.abs(), PI[x.type]
    root, root_low, tail = _half_angle(size)
    quarter = high / 4
    great = quarter - (((root * 2.0) * tail - (low / 2 - root_low * 2.0)) - (quarter - (root - root_low) * 2.0))
    return x.f.choose(size > 0.5, great, _arc(size, tables.ASIN)).with_sign_of(x)


def acos(x: Number) -> Number:
    """Return the arc cosine: pi/2 - asin(x) about 0, and twice the arc sine of the half angle's sine beyond."""
    size, choose, (high, low) = x.abs(), x.f.choose, PI[x.type]
    root, root_low, tail = _half_angle(size)
    cut = root - root_low
    right = (cut + (root_low + root * tail)) * 2.0
    left = high - (cut + (root_low + root * tail - low / 2)) * 2.0
    square = x * x
    middle = high / 2 - (x - (low / 2 - x * square * square.polynomial(tables.ASIN[x.type])))
    return choose(size > 0.5, choose(x < 0.0, left, right), middle)


def _half_angle(size: Number) -> tuple[Number, Number, Number]:
    """Return sqrt((1 - |x|) / 2), the part of it beyond half of its bits, and asin's z P(z) there."""
    square = (1.0 - size) * 0.5
    root = square.sqrt()
    half = (MANTISSA[root.type] + 1) // 2
    cut = (root.bits() & -(1 << half)).of_bits()
    low = (square - cut * cut) / (root + cut + 1e-30)
    return root, low, square * square.polynomial(tables.ASIN[root.type])
