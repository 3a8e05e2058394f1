"""Speculative affine analysis: vectors that are probably affine, with a guard that is tested at run time.

`max(x - 1, 0)` varies from lane to lane: the clamp may or may not change a lane's x. But in all vectors of an image row
except the first, the clamp changes nothing. So such a vector carries an `AffineForm`: the affine value that it most
likely equals, and a guard, one bool that says whether it does. A memory access tests the guard and, if it holds, reads
contiguous elements with one wide load. A clamp is monotone, so the guard compares only the first and the last lane.
Sums and products of affine forms are affine forms.

Where x counts the samples of a row, `x / 3` is quasi-affine: it grows by one at every third lane. `x % 3` falls back
where `x / 3` grows, and in `x / 3 * 3 + x % 3` the two cancel out. So a form may contain the quotient of an affine
value and a constant, times a factor.
"""

from __future__ import annotations

from imgcuda.cpu.values.types import Int
from imgcuda.cpu.values.value import AFFINE, VARYING, AffineForm, FloorDivision, Value, Vectors

FURTHEST = 1 << 20
"""The longest stride of an affine form: the lanes of one vector then never wrap around an integer's range."""
_INSIDE = {"min": "le", "max": "ge"}


def affine_form(value: Value) -> AffineForm | None:
    """Return the affine form of a value, certain or speculative; None for a vector of which nothing is known."""
    if value.kind == VARYING:
        return value.affine
    return AffineForm(value.ir, value.stride if value.kind == AFFINE else 0) if abs(value.stride) < FURTHEST else None


class AffineForms:
    """Emits the scalar instructions that compute affine forms and their guards."""

    def __init__(self, vectors: Vectors) -> None:
        self.v, self.b = vectors, vectors.b

    # ---- the lanes of a form

    def both(self, left: str, right: str) -> str:
        """Return `left and right`; a constant "true" needs no instruction."""
        if "true" in (left, right):
            return right if left == "true" else left
        return self.b.op(f"and i1 {left}, {right}")

    def last(self, form: AffineForm, type: Int) -> str:
        """Return the value of the last lane."""
        last = self.b.op(f"add {type.ir} {form.first}, {type.wrap((self.v.width - 1) * form.stride)}")
        if form.quotient is None:
            return last
        return self.b.op(f"add {type.ir} {last}, {self.b.op(f'mul {type.ir} {form.quotient.rise}, {form.factor}')}")

    def ordered(self, form: AffineForm, type: Int, last: str) -> str:
        """Return whether the guard holds and no lane wraps around. The form must be `monotone`."""
        sign, way = "s" if type.signed else "u", "le" if ascends(form) else "ge"
        return self.both(form.guard, self.b.op(f"icmp {sign}{way} {type.ir} {form.first}, {last}"))

    # ---- arithmetic

    def combined(self, operator: str, left: Value, right: Value) -> AffineForm | None:
        """Return the affine form of a sum, difference or product."""
        x, y, type = affine_form(left), affine_form(right), left.type
        if not _is_index(left) or x is None or y is None or VARYING not in (left.kind, right.kind):
            return None
        if (slope := _slope(operator, (x, left.const), (y, right.const))) is None:
            return None
        stride, factor, quotient = slope
        verb = {"+": "add", "-": "sub", "*": "mul"}[operator]
        first, guard = self.b.op(f"{verb} {type.ir} {x.first}, {y.first}"), self.both(x.guard, y.guard)
        return AffineForm(first, stride, guard, factor, quotient if factor else None)

    def divided(self, operator: str, left: Value, right: Value) -> AffineForm | None:
        """Return the affine form of a quotient or remainder; its guard fails for negative numbers."""
        form, type = affine_form(left), left.type
        if left.scalar or not _is_index(left) or not right.scalar or form is None or form.quotient or form.stride <= 0:
            return None
        assert isinstance(type, Int)
        last = self.last(form, type)
        guard = self.ordered(form, type, last)
        if type.signed:
            guard = self.both(guard, self.b.op(f"icmp sge {type.ir} {form.first}, 0"))
        if right.const is None:
            return self._within_one(operator, form, last, type, right.ir, guard)
        divisor = int(right.const)
        if not 0 < divisor < FURTHEST:
            return None
        ends = [self.b.op(f"udiv {type.ir} {end}, {divisor}") for end in (form.first, last)]
        rise = self.b.op(f"sub {type.ir} {ends[1]}, {ends[0]}")
        quotient = FloorDivision(form.first, form.stride, divisor, type.bits, rise)
        if operator == "/":
            return AffineForm(ends[0], 0, guard, 1, quotient)
        return AffineForm(self._rest(type, form.first, ends[0], str(divisor)), form.stride, guard, -divisor, quotient)

    def _within_one(
        self, operator: str, form: AffineForm, last: str, type: Int, divisor: str, guard: str
    ) -> AffineForm:
        """Return the form of a division by a number unknown at compile time; its guard: all lanes have one quotient."""
        positive = self.b.op(f"icmp {'s' if type.signed else 'u'}gt {type.ir} {divisor}, 0")
        safe = self.b.op(f"select i1 {positive}, {type.ir} {divisor}, {type.ir} 1")
        ends = [self.b.op(f"udiv {type.ir} {end}, {safe}") for end in (form.first, last)]
        same = self.b.op(f"icmp eq {type.ir} {ends[0]}, {ends[1]}")
        guard = self.both(guard, self.both(positive, same))
        if operator == "/":
            return AffineForm(ends[0], 0, guard)
        return AffineForm(self._rest(type, form.first, ends[0], safe), form.stride, guard)

    def _rest(self, type: Int, number: str, quotient: str, divisor: str) -> str:
        whole = self.b.op(f"mul {type.ir} {quotient}, {divisor}")
        return self.b.op(f"sub {type.ir} {number}, {whole}")

    def clamped(self, which: str, left: Value, right: Value) -> AffineForm | None:
        """Return the affine form of `min` or `max` with a uniform number: the form of the other value."""
        value, end = (left, right) if right.scalar else (right, left)
        form, type = affine_form(value), value.type
        if not _is_index(value) or value.scalar or not end.scalar or form is None or not monotone(form):
            return None
        assert isinstance(type, Int)
        last = self.last(form, type)
        outermost = last if (which == "min") == ascends(form) else form.first
        inside = self.b.op(f"icmp {'s' if type.signed else 'u'}{_INSIDE[which]} {type.ir} {outermost}, {end.ir}")
        guard = self.both(self.ordered(form, type, last), inside)
        return AffineForm(form.first, form.stride, guard, form.factor, form.quotient)

    def chosen(self, condition: Value, then: Value, otherwise: Value) -> AffineForm | None:
        """Return the affine form of `condition ? then : otherwise`; its guard: all lanes choose the same side."""
        if not _is_index(then) or condition.scalar:
            return None
        sides = [(affine_form(then), condition.all), (affine_form(otherwise), condition.none)]
        known = [(form, when) for form, when in sides if form and when and (form.stride or form.factor)]
        if not known:
            return None
        form, when = known[-1]
        other, taken = known[0]
        if len(known) == 1 or (other.stride, other.factor, other.quotient) != (form.stride, form.factor, form.quotient):
            return AffineForm(form.first, form.stride, self.both(when, form.guard), form.factor, form.quotient)
        first = self.b.op(f"select i1 {taken}, {then.type.ir} {other.first}, {then.type.ir} {form.first}")
        guard = [self.both(taken, other.guard), self.both(when, form.guard)]
        return AffineForm(first, form.stride, self.b.op(f"or i1 {guard[0]}, {guard[1]}"), form.factor, form.quotient)

    def widened(self, value: Value) -> AffineForm | None:
        """Return the affine form of an index in 64 bits. The guard fails where an unsigned index wraps around."""
        form, type = value.affine, value.type
        if form is None or not _is_index(value) or not monotone(form):
            return None
        if type.bits == 64:
            return form
        assert isinstance(type, Int)
        first = self.b.op(f"{'sext' if type.signed else 'zext'} {type.ir} {form.first} to i64")
        quotient = form.quotient
        if quotient is not None:
            quotient = quotient._replace(bits=64, rise=self.b.op(f"zext {type.ir} {quotient.rise} to i64"))
        return AffineForm(first, form.stride, self.ordered(form, type, self.last(form, type)), form.factor, quotient)


def ascends(form: AffineForm) -> bool:
    """Return whether no lane has less than the lane before it."""
    return form.stride >= 0 and form.factor >= 0


def monotone(form: AffineForm) -> bool:
    """Return whether the first and the last lane have the smallest and the largest value."""
    return ascends(form) or (form.stride <= 0 and form.factor <= 0)


_Slope = tuple[int, int, FloorDivision | None]
_Term = tuple[AffineForm, int | float | None]
"""An affine form, and its value if that is a constant."""


def _slope(operator: str, left: _Term, right: _Term) -> _Slope | None:
    """Return the stride, factor and quotient of a sum, difference or product; None if it is not affine."""
    (x, known), (y, factor) = left, right
    if operator in ("+", "-"):
        if x.quotient and y.quotient and x.quotient._replace(rise="") != y.quotient._replace(rise=""):
            return None
        sign = 1 if operator == "+" else -1
        made = x.stride + sign * y.stride, x.factor + sign * y.factor, x.quotient or y.quotient
    elif operator == "*" and not (x.stride or x.factor or y.stride or y.factor):
        made = 0, 0, None
    elif operator == "*" and isinstance(times := factor if known is None else known, int):
        made = (x.stride or y.stride) * times, (x.factor or y.factor) * times, x.quotient or y.quotient
    else:
        return None
    return made if abs(made[0]) < FURTHEST and abs(made[1]) < FURTHEST else None


def _is_index(value: Value) -> bool:
    return isinstance(value.type, Int) and value.type.bits >= 32
