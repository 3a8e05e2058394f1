"""sin, cos, tan, sinpi and cospi.

x is written as n quarter turns and a rest r with |r| <= pi / 4. For |x| < 2^20 that is Cody & Waite's subtraction of
n times pi/2 in parts (1980), in doubles; for numbers beyond, which are rare and so behind a branch, it is a
product with enough bits of 2/pi (Payne & Hanek, Radian reduction for trigonometric functions, 1983).
"""

from __future__ import annotations

from math import pi

from imgcuda.cpu.maths import polynomials as tables
from imgcuda.cpu.maths.exact import split, two_product, two_sum
from imgcuda.cpu.maths.formula import MAGIC, FormulaVariable, Number, both
from imgcuda.cpu.values.types import F32, F64, I32

TWO_OVER_PI = 2 / pi
HALF_PI = (1.5707963267341256, 6.077100506303966e-11, 2.0222662487959506e-21)
"""pi/2 in three parts; the first two have 33 bits, so that a product with a number below 2^20 is exact."""
PI_LOW = 1.2246467991473532e-16
"""What the double nearest to pi lacks."""

FAR = 2.0**20
"""Where the subtraction ceases to be exact."""

# fmt: off
TWO_OVER_PI_PIECES = (
    0xA2F983, 0x6E4E44, 0x1529FC, 0x2757D1, 0xF534DD, 0xC0DB62, 0x95993C, 0x439041, 0xFE5163, 0xABDEBB, 0xC561B7,
    0x246E3A, 0x424DD2, 0xE00649, 0x2EEA09, 0xD1921C, 0xFE1DEB, 0x1CB129, 0xA73EE8, 0x8235F5, 0x2EBB44, 0x84E99C,
    0x7026B4, 0x5F7E41, 0x3991D6, 0x398353, 0x39F49C, 0x845F8B, 0xBDF928, 0x3B1FF8, 0x97FFDE, 0x05980F, 0xEF2F11,
    0x8B5A0A, 0x6D1F6D, 0x367ECF, 0x27CB09, 0xB74F46, 0x3F669E, 0x5FEA2D, 0x7527BA, 0xC7EBE5, 0xF17B3D, 0x0739F7,
    0x8A5292, 0xEA6BFB, 0x5FB11F, 0x8D5D08, 0x560330,
)
# fmt: on
"""The bits of 2/pi, 24 to a number; enough for the greatest double and 61 leading zeros in the rest."""
PIECES_SCALE = 2.0**200
"""By which the pieces are multiplied, and the number divided, so that the last are no denormals."""


def sin(x: Number) -> Number:
    """Return the sine."""
    quarter, r, low = _quarter_turns(x)
    return _zero_kept(x, _turned(quarter, *_sin_and_cos(r, low)))


def cos(x: Number) -> Number:
    """Return the cosine."""
    quarter, r, low = _quarter_turns(x)
    return _turned(quarter + 1, *_sin_and_cos(r, low))


def tan(x: Number) -> Number:
    """Return the tangent."""
    quarter, r, low = _quarter_turns(x)
    sine, cosine = _sin_and_cos(r, low)
    odd, choose = quarter.is_set(1), x.f.choose
    return _zero_kept(x, choose(odd, -cosine, sine) / choose(odd, sine, cosine))


def sinpi(x: Number) -> Number:
    """Return sin(pi x)."""
    quarter, r, low = _half_units(x)
    return _zero_kept(x, _turned(quarter, *_sin_and_cos(r, low)))


def cospi(x: Number) -> Number:
    """Return cos(pi x)."""
    quarter, r, low = _half_units(x)
    return _turned(quarter + 1, *_sin_and_cos(r, low))


def _zero_kept(x: Number, made: Number) -> Number:
    """Return a result, or x itself where that is a zero: with its sign."""
    return x.f.choose(x.equals(0.0), x, made)


def _turned(quarter: Number, sine: Number, cosine: Number) -> Number:
    """Return the sine of an angle that is so many quarter turns further on."""
    made = sine.f.choose(quarter.is_set(1), cosine, sine)
    return sine.f.choose(quarter.is_set(2), -made, made)


def _sin_and_cos(r: Number, low: Number | None) -> tuple[Number, Number]:
    """Return the sine and cosine of r + low for |r| <= pi/4; without `low`, to an ulp and a half."""
    square = r * r
    sine = square * square.polynomial(tables.SIN[r.type])
    cosine = square * square * square.polynomial(tables.COS[r.type])
    if low is None:
        return r.times_plus(sine, r), square.times_plus(-0.5, cosine) + 1.0
    half = square * 0.5
    first = 1.0 - half  # and what its rounding took goes to the small terms
    small = ((1.0 - first) - half) + (cosine - r * low)
    return r + (r * sine + low * first), first + small


# ---- from an angle to quarter turns and a rest


def _quarter_turns(x: Number) -> tuple[Number, Number, Number | None]:
    """Return n, as an integer, and the rest of x = n pi/2 + rest; of a double, the rest as a sum of two numbers."""
    wide = x.to(F64)
    count, n = (wide * TWO_OVER_PI).nearest_and_integer()
    r = count.times_plus(-HALF_PI[0], wide)
    r, low = two_sum(r, count * -HALF_PI[1]) if x.type == F64 else (count.times_plus(-HALF_PI[1], r), None)
    if low is not None:
        r, low = two_sum(r, low - count * HALF_PI[2])
    return _with_far_ones(x, n.to(I32), r, low)


def _with_far_ones(x: Number, n: Number, r: Number, low: Number | None) -> tuple[Number, Number, Number | None]:
    """Correct the reduced argument of numbers that are too large for the subtraction."""
    f, far = x.f, both(x.abs() >= FAR, x.abs() < float("inf"))
    turns, rest, more = f.variable(n), f.variable(r), f.variable(r if low is None else low)
    with f.if_any(far):
        far_n, far_r, far_low = _far_quarter_turns(x.to(F64), x.type == F64)
        turns.set(f.choose(far, far_n, n))
        rest.set(f.choose(far, far_r, r))
        more.set(f.choose(far, far_low, more.get()))
    return turns.get(), rest.get().to(x.type), None if low is None else more.get()


def _far_quarter_turns(x: Number, wide: bool) -> tuple[Number, Number, Number]:
    """Return n modulo 4 and the rest, in two parts, of any number, by adding x times each piece of 2/pi modulo 4.

    Each product is exact: a float has 24 bits, half of a double at most 27, a piece 24. What is a multiple of 4 goes
    away at once, so that the sum loses nothing when it comes close to a whole number.
    """
    f, x = x.f, x * (1 / PIECES_SCALE)
    count, high, low = (f.variable(x.like(0.0)) for _ in range(3))
    pieces = [bits * 2.0 ** (200 - 24 * (place + 1)) for place, bits in enumerate(TWO_OVER_PI_PIECES)]
    with f.each_of("two_over_pi", pieces, 49 if wide else 8) as piece:
        for part in split(x) if wide else (x,):
            _add_modulo_4(count, high, low, part * piece)
    turns, more = two_sum(high.get(), low.get())
    rest, error = two_product(turns, turns.like(pi / 2))
    error = error + (turns * (PI_LOW / 2) + more * (pi / 2))
    return (count.get() + MAGIC[F64]).bits().to(I32), *two_sum(rest, error)


def _add_modulo_4(count: FormulaVariable, high: FormulaVariable, low: FormulaVariable, term: Number) -> None:
    """Add a term to a count of whole quarter turns and a rest in two parts."""
    term = term.f.choose(term.abs() < 2.0**53, term, 0.0)
    term = term - (term * 0.25).nearest() * 4.0
    total, error = two_sum(high.get(), term)
    turns = total.nearest()
    count.set(count.get() + turns)
    high.set(total - turns)
    low.set(low.get() + error)


def _half_units(x: Number) -> tuple[Number, Number, Number | None]:
    """Return n, as an integer, and pi times the rest of x = n / 2 + rest, which is exact before the product."""
    wide = x.to(F64)
    nearest = x.f.call("rint", F64, wide * 0.5) if x.type == F64 else (wide * 0.5).nearest()
    near = wide - nearest * 2.0
    near = near if x.type == F64 else x.f.choose(x.abs() < 2.0**24, near, wide * 0.0)
    count, n = (near * 2.0).nearest_and_integer()
    rest = near - count * 0.5
    if x.type == F32:
        angle = rest * pi
        return n.to(I32), angle.to(F32), (angle - angle.to(F32).to(F64)).to(F32)
    high, low = two_product(rest, rest.like(pi))
    return n.to(I32), high, low + rest * PI_LOW
