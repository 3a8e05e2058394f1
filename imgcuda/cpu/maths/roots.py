"""rsqrt, cbrt, hypot, fmod and remainder."""

from __future__ import annotations

from math import inf, nan

from imgcuda.cpu.maths.formula import BIAS, MANTISSA, Number, both, either, power_of_two
from imgcuda.cpu.values.types import F32, F64, Float, Scalar

CBRT = (0.6273023786507737, 0.4491843090709667, -0.08377139414184977, 0.00958326053433989, -0.0004320721762663571)
"""cbrt(m) on 1 <= m <= 8, to 2^-9.1 of it (Remez)."""

FAR: dict[Scalar, tuple[float, float]] = {F32: (2.0**63, 2.0**-65), F64: (2.0**511, 2.0**-513)}
"""Sides above the first have squares that overflow; times the second they have not."""
NEAR: dict[Scalar, tuple[float, float]] = {F32: (2.0**-50, 2.0**100), F64: (2.0**-450, 2.0**600)}
"""Sides below the first have squares that lose bits; times the second they do not."""


def rsqrt(x: Number) -> Number:
    """Return 1 / sqrt(x)."""
    return 1.0 / x.sqrt()


def reciprocal(x: Number) -> Number:
    """Return 1 / x."""
    return 1.0 / x


def exact_rsqrt(x: Number) -> Number:
    """Return 1 / sqrt(x) of floats rounded once: by way of doubles."""
    return (1.0 / x.to(F64).sqrt()).to(F32)


def norm(*sides: Number) -> Number:
    """Return the length of a vector of three or four."""
    length = sides[0]
    for side in sides[1:]:
        length = hypot(length, side)
    return length


def rcbrt(x: Number) -> Number:
    """Return 1 / cbrt(x)."""
    return 1.0 / cbrt(x)


def hypot(x: Number, y: Number) -> Number:
    """Return sqrt(x^2 + y^2)."""
    length, _, back = _scaled_hypot(x, y)
    return x.f.choose(_endless(x, y), x.like(inf), length * back)


def rhypot(x: Number, y: Number) -> Number:
    """Return 1 / sqrt(x^2 + y^2)."""
    length, scale, _ = _scaled_hypot(x, y)
    return x.f.choose(_endless(x, y), x.like(0.0), 1.0 / length * scale)


def _endless(x: Number, y: Number) -> Number:
    return either(x.abs().equals(inf), y.abs().equals(inf))


def _scaled_hypot(x: Number, y: Number) -> tuple[Number, Number, Number]:
    """Return the length for sides times a power of two, so that no square is lost; that power; and its inverse."""
    choose, x, y = x.f.choose, x.abs(), y.abs()
    (great, down), (small, up) = FAR[x.type], NEAR[x.type]
    longest = choose(x > y, x, y)
    far, near = longest > great, longest < small
    scale = choose(far, x.like(down), choose(near, x.like(up), 1.0))
    back = choose(far, x.like(1 / down), choose(near, x.like(1 / up), 1.0))
    a, b = x * scale, y * scale
    return a.times_plus(a, b * b).sqrt(), scale, back


def cbrt(x: Number) -> Number:
    """Return the cube root of m * 8^k as a polynomial's first guess at that of m, bettered by Halley's rule, * 2^k."""
    size, f, mantissa = x.abs(), x.f, MANTISSA[x.type]
    assert isinstance(x.type, Float)
    tiny = size < 2.0 ** (2 - BIAS[x.type])
    bits = f.choose(tiny, size * 2.0**60, size).bits()
    origin = -(-BIAS[x.type] // 3) * 3  # the bias, made a multiple of three
    third = (((bits >> mantissa) + (origin - BIAS[x.type])) * 43691) >> 17
    root = _cube_root((bits - ((third * 3 - origin) << mantissa)).of_bits())
    made = root * power_of_two(third - origin // 3 - f.choose(tiny, third.like(20), 0), x.type)
    return f.choose(both(size > 0.0, size < inf), made.with_sign_of(x), x)


def _cube_root(m: Number) -> Number:
    """Return the cube root of a number from 1 to 8. Each step of Halley's has three times as many good bits."""
    root, wide = m.polynomial(CBRT).to(F64), m.to(F64)
    for _ in range(1 if m.type == F32 else 2):
        cube = root * root * root
        root = root + root * (wide - cube) / (cube + cube + wide)
    return root.to(m.type)


# ---- remainders of floats, exact, by long division in doubles


def fmod(x: Number, y: Number) -> Number:
    """Return x - y * trunc(x / y) of floats, without any rounding."""
    rest = _long_division(x.to(F64).abs(), y.to(F64).abs())
    return _defined(x, y, rest.to(F32).with_sign_of(x))


def remainder(x: Number, y: Number) -> Number:
    """Return x - y * n of floats for the n nearest to x / y, the even one of two; without any rounding."""
    divisor = y.to(F64).abs()
    rest = _long_division(x.to(F64).abs(), divisor * 2.0)
    return _defined(x, y, _nearest_multiple_off(x, rest, divisor))


def double_fmod(x: Number, y: Number) -> Number:
    """Return fmod of doubles, by the C library's function for each lane: exact, and slow."""
    shape = x.f.shape(x.type)
    return x.f.op(x.type, f"frem {shape} {x.ir}, {y.ir}")


def double_remainder(x: Number, y: Number) -> Number:
    """Return remainder of doubles, by the C library's function for each lane: exact, and slow."""
    choose, divisor = x.f.choose, y.abs()
    twice = divisor + divisor
    rest = choose(twice < inf, double_fmod(x.abs(), twice), x.abs())
    return _defined(x, y, _nearest_multiple_off(x, rest, divisor))


def _nearest_multiple_off(x: Number, rest: Number, divisor: Number) -> Number:
    """Return the remainder to the nearest multiple, from the remainder of a division by twice the divisor."""
    choose = x.f.choose
    less = rest - divisor
    less = choose(less >= divisor - less, less - divisor, less)
    rest = choose(rest > divisor - rest, less, rest).to(x.type)
    return choose(x.bits() < 0, -rest, rest)


def _defined(x: Number, y: Number, made: Number) -> Number:
    """Return a remainder, or NaN where there is none: of infinity, by zero, of or by NaN."""
    finite = both(x.abs() < inf, y.abs() > 0.0)
    made = x.f.choose(y.abs().equals(inf), x, made)
    return x.f.choose(finite, made, x.like(nan))


def _long_division(rest: Number, divisor: Number) -> Number:
    """Return the remainder of the division of two positive floats, given as doubles.

    Each step takes away a multiple of divisor * 2^k with at most 25 bits, so that the product is exact; one too many
    is put right.
    """
    f = rest.f
    left = f.variable(rest)
    usual = both(both(rest < inf, divisor > 0.0), divisor < inf)
    with f.repeat_while_any(both(usual, rest >= divisor)) as going:
        now = left.get()
        apart = (now.bits() >> 52) - (divisor.bits() >> 52) - 24
        step = divisor * power_of_two(f.choose(apart > 0, apart, 0), F64)
        after = now - (now / step).nearest() * step
        after = f.choose(after < 0.0, after + step, after)
        left.set(f.choose(both(usual, now >= divisor), after, now))
        going.set(both(usual, left.get() >= divisor))
    return left.get()
