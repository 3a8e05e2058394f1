"""exp, exp2, exp10, expm1, and sinh, cosh and tanh from them.

All follow Cody & Waite (Software Manual for the Elementary Functions, 1980): x is written as n * unit + r with a
whole n and a small r, the function of r is a polynomial, and 2^n multiplies it. The unit is given in two parts, the
first with so few bits that n times it is exact.
"""

from __future__ import annotations

from imgcuda.cpu.maths import polynomials as tables
from imgcuda.cpu.maths.formula import Number, scaled
from imgcuda.cpu.values.types import F32, F64, Scalar

LOG2_E = 1.4426950408889634
LOG2_10 = 3.321928094887362

LN_2: dict[Scalar, tuple[float, float]] = {
    F32: (0.693115234375, 3.194618329871446e-05),
    F64: (0.6931471805592082, 7.371002565167799e-13),
}
"""log(2) in two parts, the first of 14 (40) bits."""

LOG10_2: dict[Scalar, tuple[float, float]] = {
    F32: (0.301025390625, 4.605039066518657e-06),
    F64: (0.30102999566361177, 3.694239077158931e-13),
}
"""log10(2), likewise."""

# Below the first a result is zero, above the second infinite, for every base; with a little to spare.
EXP_RANGE: dict[Scalar, tuple[float, float]] = {F32: (-104.5, 90.0), F64: (-746.0, 711.0)}
EXP2_RANGE: dict[Scalar, tuple[float, float]] = {F32: (-151.0, 129.0), F64: (-1076.0, 1025.0)}
EXP10_RANGE: dict[Scalar, tuple[float, float]] = {F32: (-45.5, 39.0), F64: (-324.5, 309.5)}
EXPM1_LIMIT: dict[Scalar, float] = {F32: 89.0, F64: 710.0}  # above the greatest logarithm, and 2^n / 2 is finite


def exp(x: Number, halvings: int = 0) -> Number:
    """Return e^x, or e^x / 2^halvings, which does not overflow as soon."""
    _, integer, r = _reduced(x.at_least(EXP_RANGE[x.type][0]).at_most(EXP_RANGE[x.type][1]))
    small = (r * r).times_plus(r.polynomial(tables.EXP[r.type]), r)
    return scaled(small + 1.0, integer - halvings)


def _reduced(x: Number) -> tuple[Number, Number, Number]:
    """Return n, and as an integer, and r of x = n log(2) + r."""
    high, low = LN_2[x.type]
    n, integer = (x * LOG2_E).nearest_and_integer()
    return n, integer, n.times_plus(-low, n.times_plus(-high, x))


def exp2(x: Number) -> Number:
    """Return 2^x."""
    low, high = EXP2_RANGE[x.type]
    x = x.at_least(low).at_most(high)
    n, integer = x.nearest_and_integer()
    return exp2_of_parts(x - n, integer)


def exp2_of_parts(r: Number, n: Number) -> Number:
    """Return 2^(n + r) for |r| <= 1/2 and an integer n."""
    return scaled(r.times_plus(r.polynomial(tables.EXP2[r.type]), 1.0), n)


def exp10(x: Number) -> Number:
    """Return 10^x."""
    low, high = EXP10_RANGE[x.type]
    x = x.at_least(low).at_most(high)
    high, low = LOG10_2[x.type]
    n, integer = (x * LOG2_10).nearest_and_integer()
    r = n.times_plus(-low, n.times_plus(-high, x))
    return scaled(r.times_plus(r.polynomial(tables.EXP10[r.type]), 1.0), integer)


def fast_exp(x: Number) -> Number:
    """Return e^x as a GPU's __expf does: 2 to the power of a product that is rounded once."""
    return exp2(x * LOG2_E)


def fast_exp10(x: Number) -> Number:
    """Return __exp10f(x): 10^x, less exact."""
    return exp2(x * LOG2_10)


def expm1(x: Number) -> Number:
    """Return e^x - 1 as 2^n (e^r - 1) + (2^n - 1), each half as large so that the greatest does not overflow.

    About 0, and further than r ever is, n is 0, so that the two terms never cancel.
    """
    choose, near = x.f.choose, x.abs() < 0.55
    _, n, r = _reduced(x.at_least(-60.0).at_most(EXPM1_LIMIT[x.type]))
    n, r = choose(near, n.like(0), n), choose(near, x, r)
    half = scaled(x.like(1.0), n - 1)
    small = (r * r).times_plus(r.polynomial(tables.EXPM1[r.type]), r)
    return choose(x.abs() < 2.0**-60, x, small.times_plus(half, half - 0.5) * 2.0)


def sinh(x: Number) -> Number:
    """Return the hyperbolic sine."""
    square, size = x * x, x.abs()
    half = exp(size, halvings=1)
    small = (x * square).times_plus(square.polynomial(tables.SINH[x.type]), x)
    great = (half - 0.25 / half).with_sign_of(x)
    return _or_itself(x, x.f.choose(size < 1.0, small, great))


def cosh(x: Number) -> Number:
    """Return the hyperbolic cosine."""
    half = exp(x.abs(), halvings=1)
    return half + 0.25 / half


def tanh(x: Number) -> Number:
    """Return the hyperbolic tangent."""
    square, size = x * x, x.abs()
    small = (x * square).times_plus(square.polynomial(tables.TANH[x.type]), x)
    great = (1.0 - 2.0 / (exp(size + size) + 1.0)).with_sign_of(x)
    return _or_itself(x, x.f.choose(size < 0.6, small, great))


def _or_itself(x: Number, made: Number) -> Number:
    """Return f(x) for an odd function with f(x) = x near 0: x itself where it is so small, with a zero's sign."""
    return x.f.choose(x.abs() < 2.0**-30, x, made)
