"""log, log2, log10, log1p and pow.

A number is m * 2^n with m between sqrt(1/2) and sqrt(2), so that log(x) = n log(2) + log(m) never cancels (Cody &
Waite 1980); the logarithm of m = 1 + f is a polynomial in f.
"""

from __future__ import annotations

from math import inf, nan

from imgcuda.cpu.maths import polynomials as tables
from imgcuda.cpu.maths.exact import quick_two_sum, two_product, two_sum
from imgcuda.cpu.maths.exponential import LN_2, LOG10_2, exp2_of_parts
from imgcuda.cpu.maths.formula import MANTISSA, Number, both, either, exclusive, power_of_two
from imgcuda.cpu.values.types import F32, F64, I32, I64, Float, Scalar

LOG2_E: dict[Scalar, tuple[float, float]] = {
    F32: (1.4423828125, 0.00031222839606925845),
    F64: (1.4426950216293335, 1.9259629911266175e-08),
}
"""1 / log(2) in two parts, the first with half the bits of its type."""

LOG10_E: dict[Scalar, tuple[float, float]] = {
    F32: (0.4342041015625, 9.038033749675378e-05),
    F64: (0.4342944771051407, 4.798111141615973e-09),
}
"""1 / log(10), likewise."""

LOG2_E_IN_TWO = (1.4426950408889634, 2.0355273740931033e-17)
"""1 / log(2) as the nearest double, and the difference."""

SMALLEST: dict[Scalar, float] = {F32: 2.0**-126, F64: 2.0**-1022}
"""The smallest normal number."""


def log(x: Number) -> Number:
    """Return the natural logarithm."""
    n, m = parts(x)
    return _special(x, _log_of_parts(n, m - 1.0))


def _log_of_parts(exponent: Number, f: Number) -> Number:
    """Return n log(2) + log(1 + f): the small terms first, and then the greater ones."""
    n, square = exponent.to(f.type), f * f
    high, low = LN_2[f.type]
    small = (square * f).times_plus(f.polynomial(tables.LOG[f.type]), n * low)
    return n.times_plus(high, f + square.times_plus(-0.5, small))


def log2(x: Number) -> Number:
    """Return the logarithm to base 2."""
    n, m = parts(x)
    great, small = _times_unit(m - 1.0, LOG2_E, tables.LOG2)
    return _special(x, n.to(m.type) + (great + small))


def log10(x: Number) -> Number:
    """Return the logarithm to base 10."""
    exponent, m = parts(x)
    n, (high, low) = exponent.to(m.type), LOG10_2[m.type]
    great, small = _times_unit(m - 1.0, LOG10_E, tables.LOG10)
    return _special(x, n.times_plus(high, great + n.times_plus(low, small)))


def _times_unit(
    f: Number, unit: dict[Scalar, tuple[float, float]], table: tables.Coefficients
) -> tuple[Number, Number]:
    """Return log(1 + f) * unit in two parts: half of f's bits by half of the unit's, which is exact, and the rest."""
    high, low = unit[f.type]
    half = (f.bits() & -(1 << (MANTISSA[f.type] + 1) // 2)).of_bits()
    rest = (f - half).times_plus(high, f * low)
    return half * high, (f * f).times_plus(f.polynomial(table[f.type]), rest)


def log1p(x: Number) -> Number:
    """Return log(1 + x): as log(1 + f) of the f that 1 + x = (1 + f) 2^n gives without rounding 1 + x first."""
    u = x + 1.0
    n, m = parts(u)
    assert isinstance(x.type, Float)
    unit = power_of_two(-n, x.type)
    f = x.f.choose(n > MANTISSA[x.type], m - 1.0, x.times_plus(unit, unit - 1.0))
    made = _special(u, _log_of_parts(n, x.f.choose(n.equals(0), x, f)))
    return x.f.choose(x.abs() < 2.0**-60, x, made)


def parts(x: Number) -> tuple[Number, Number]:
    """Return n and m of x = m 2^n, for any x above zero."""
    tiny, mantissa = x < SMALLEST[x.type], MANTISSA[x.type]
    bits = x.f.choose(tiny, x * 2.0**mantissa, x).bits()
    n = (bits - x.like(0.5**0.5).bits()) >> mantissa
    return n - x.f.choose(tiny, n.like(mantissa), 0), (bits - (n << mantissa)).of_bits()


def _special(x: Number, made: Number) -> Number:
    """Return a logarithm, put right for zero, numbers below it, infinity and NaN."""
    choose = x.f.choose
    other = choose(x.equals(0.0), x.like(-inf), choose(x < 0.0, x.like(nan), x))
    return choose(both(x > 0.0, x < inf), made, other)


# ---- powers


def pow(x: Number, y: Number) -> Number:
    """Return x^y = 2^(y log2(x)), with the signs and special values that C's Annex F gives."""
    choose, size = x.f.choose, x.abs()
    power = _power_of_floats(size, y) if x.type == F32 else _power_of_doubles(size, y)
    endless = size.equals(inf)
    grows = exclusive(endless, y < 0.0)
    power = choose(either(size.equals(0.0), endless), choose(grows, power.like(inf), 0.0), power)
    power = choose(size.equals(1.0), 1.0, power)
    whole, odd = _parity(y)
    power = choose(both(x.bits() < 0, odd), -power, power)
    bad = either(both(both(x < 0.0, size < inf), whole ^ 1), x.unordered(y))
    return choose(either(x.equals(1.0), y.equals(0.0)), 1.0, choose(bad, x.like(nan), power))


def _parity(y: Number) -> tuple[Number, Number]:
    """Return whether a number is whole, and whether it is odd."""
    limit = 2.0 ** (MANTISSA[y.type] + 1)
    size = y.abs()
    great = size >= limit
    integer = y.f.choose(size < limit, size, 0.0).to(I32 if y.type == F32 else I64)
    whole = either(great, integer.to(y.type).equals(size))
    return whole, both(whole, integer.is_set(1))


def _power_of_floats(size: Number, y: Number) -> Number:
    """Return |x|^y. The logarithm and the product are doubles: the product's error counts up to 128-fold."""
    n, m = parts(size)
    f = m.to(F64) - 1.0
    log = f.times_plus(f.polynomial(tables.POWLOG), n.to(F64))
    product = (y.to(F64) * log).at_least(-160.0).at_most(140.0)
    n, integer = product.nearest_and_integer()
    return exp2_of_parts((product - n).to(F32), integer.to(I32))


def _power_of_doubles(size: Number, y: Number) -> Number:
    """Return |x|^y: the logarithm and the product are sums of two doubles each (Dekker 1971)."""
    high, low = _log2_in_two(size)
    plain = y * high
    product, error = two_product(y, high)
    usual = both(both(plain.abs() < 1100.0, y.abs() < 2.0**900), y.abs() > 2.0**-900)
    product = size.f.choose(usual, product, plain).at_least(-1100.0).at_most(1100.0)
    n, integer = product.nearest_and_integer()
    return exp2_of_parts((product - n) + size.f.choose(usual, error + y * low, 0.0), integer)


def _log2_in_two(x: Number) -> tuple[Number, Number]:
    """Return log2(x) as the sum of two doubles, from log(m) = 2 atanh(s) with s = (m - 1) / (m + 1)."""
    n, m = parts(x)
    s, s_low = _quotient_in_two(m - 1.0, *two_sum(m, m.like(1.0)))
    square, square_low = two_product(s, s)
    square_low = square_low + s * s_low * 2.0
    third, third_low = two_product(square, square.like(1.0 / 3.0))
    third_low = third_low + square_low * (1.0 / 3.0) + square * (1.0 / 3.0) * 2.0**-54
    third, rest = quick_two_sum(third, (square * square).times_plus(square.polynomial(tables.ATANH), third_low))
    one, one_low = quick_two_sum(x.like(1.0), third)
    high, low = _product_in_two(s, s_low, one, one_low + rest)
    high, low = _product_in_two(high, low, *(x.like(2.0 * part) for part in LOG2_E_IN_TWO))
    total, error = two_sum(n.to(F64), high)
    return quick_two_sum(total, error + low)


def _quotient_in_two(x: Number, y: Number, y_low: Number) -> tuple[Number, Number]:
    quotient = x / y
    product, error = two_product(quotient, y)
    return quotient, (((x - product) - error) - quotient * y_low) / y


def _product_in_two(x: Number, x_low: Number, y: Number, y_low: Number) -> tuple[Number, Number]:
    product, error = two_product(x, y)
    return quick_two_sum(product, error + (x * y_low + x_low * y))
