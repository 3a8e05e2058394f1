"""rsqrt, cbrt, hypot, fmod and remainder."""

from __future__ import annotations

from math import inf, nan

from imgcuda.cpu.mathlib_formula import BIAS, MANTISSA, Number, both, either, power_of_two
from imgcuda.cpu.types import F32, F64, I64, Float, Scalar

CBRT = (0.6273023786507737, 0.4491843090709667, -0.08377139414184977, 0.00958326053433989, -0.0004320721762663571)
"""cbrt(m) on 1 <= m <= 8, to 2^-9.1 of it (Remez)."""

HYPOT_SCALES: dict[Scalar, tuple[float, float]] = {F32: (2.0**63, 2.0**-50), F64: (2.0**511, 2.0**-450)}
"""Sides above the first have squares that overflow, below the second squares that lose bits."""


def rsqrt(x: Number) -> Number:
    return 1.0 / x.sqrt()


def hypot(x: Number, y: Number) -> Number:
    """Return sqrt(x^2 + y^2), with the sides scaled by a power of two where their squares need it."""
    choose, x, y = x.f.choose, x.abs(), y.abs()
    great, small = HYPOT_SCALES[x.type]
    longest = choose(x > y, x, y)
    far, near = longest > great, longest < small
    scale = choose(far, x.like(1 / great / 4), choose(near, x.like(4 * great / 2**10), 1.0))
    back = choose(far, x.like(4 * great), choose(near, x.like(2**10 / great / 4), 1.0))
    a, b = x * scale, y * scale
    made = a.times_plus(a, b * b).sqrt() * back
    return choose(either(x.equals(inf), y.equals(inf)), x.like(inf), made)


def cbrt(x: Number) -> Number:
    """Return the cube root of m * 8^k as a polynomial's first guess at that of m, bettered by Halley's rule, * 2^k."""
    size, f, mantissa = x.abs(), x.f, MANTISSA[x.type]
    assert isinstance(x.type, Float)
    tiny = size < 2.0 ** (2 - BIAS[x.type])
    bits = f.choose(tiny, size * 2.0**60, size).bits()
    shift = -BIAS[x.type] % 3  # makes the exponent of 1 a multiple of three
    exponent = (bits >> mantissa) + shift
    third = (exponent * 43691) >> 17
    m = (bits - ((third * 3 - (shift + BIAS[x.type]) + BIAS[x.type] - BIAS[x.type]) << mantissa)).of_bits()
    root = _cube_root(m)
    made = root * power_of_two(third - (BIAS[x.type] + shift) // 3 - f.choose(tiny, third.like(20), 0), x.type)
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
    choose, divisor = x.f.choose, y.to(F64).abs()
    rest = _long_division(x.to(F64).abs(), divisor * 2.0)
    rest = choose(rest + rest > divisor, rest - divisor, rest)
    rest = choose(rest + rest >= divisor, rest - divisor, rest)
    made = rest.to(F32)
    return _defined(x, y, choose(x.bits() < 0, -made, made))


def _defined(x: Number, y: Number, made: Number) -> Number:
    """Return a remainder, or NaN where there is none: of infinity, by zero, of or by NaN."""
    finite = both(x.abs() < inf, y.abs() > 0.0)
    made = x.f.choose(y.abs().equals(inf), x, made)
    return x.f.choose(finite, made, x.like(nan))


def _long_division(rest: Number, divisor: Number) -> Number:
    """Return what the division of one float by another leaves, both as doubles and positive.

    Each step takes away a multiple of divisor * 2^k with at most 25 bits, so that the product is exact.
    """
    f = rest.f
    left = f.variable(rest)
    usual = both(both(rest < inf, divisor > 0.0), divisor < inf)
    with f.repeat_while_any(both(usual, rest >= divisor)) as going:
        now = left.get()
        apart = (now.bits() >> 52) - (divisor.bits() >> 52) - 24
        step = divisor * power_of_two(f.choose(apart > 0, apart, 0), F64)
        after = now - _whole_part(now / step) * step
        after = f.choose(after < 0.0, after + step, after)
        left.set(f.choose(both(usual, now >= divisor), after, now))
        going.set(both(usual, left.get() >= divisor))
    return left.get()


def _whole_part(x: Number) -> Number:
    """Return the nearest whole number below or above: one too many is put right later."""
    return x.nearest()


__all__ = ["I64", "cbrt", "fmod", "hypot", "remainder", "rsqrt"]
