"""Vectors that are probably LINEAR: a position held within an image is, everywhere but at the border.

`max(x - 1, 0)` is a vector, as it depends on each lane's x whether 0 comes out. But of the vectors of a row all but the
first one leave the clamp as they came. So beside such a vector goes a `Line`: the LINEAR value that it most likely
is, and one bool that says whether it is. Memory read there tests the bool, and reads neighbours all at once. The
clamp is monotone, so the first and the last lane speak for all; sums and products carry the line on.

Where x counts the samples of a row, `x / 3` is a stair. It goes up by one for every third lane, and is LINEAR no
more; but `x % 3` goes down where it goes up, and in `x / 3 * 3 + x % 3` the steps cancel out. So a line may have a
stair in it.
"""

from __future__ import annotations

from imgcuda.cpu.values.types import Int
from imgcuda.cpu.values.value import LINEAR, VARYING, Line, Stair, Value, Vectors

FURTHEST = 1 << 20
"""The longest stride of a line: those of a vector's lanes then never go round all of an integer's range."""
_INSIDE = {"min": "le", "max": "ge"}


def line_of(value: Value) -> Line | None:
    """Return what a value is in each lane, or most likely is; None for a vector of which nothing is known."""
    if value.kind == VARYING:
        return value.line
    return Line(value.ir, value.stride if value.kind == LINEAR else 0) if abs(value.stride) < FURTHEST else None


class Lines:
    """Writes the scalar instructions beside those of vectors."""

    def __init__(self, vectors: Vectors) -> None:
        self.v, self.b = vectors, vectors.b

    # ---- what the lanes of a line have

    def both(self, left: str, right: str) -> str:
        """Return whether two bools are set, either of which may be known to be."""
        if "true" in (left, right):
            return right if left == "true" else left
        return self.b.op(f"and i1 {left}, {right}")

    def last(self, line: Line, type: Int) -> str:
        """Return what the last lane has."""
        last = self.b.op(f"add {type.ir} {line.first}, {type.wrap((self.v.width - 1) * line.stride)}")
        if line.stair is None:
            return last
        return self.b.op(f"add {type.ir} {last}, {self.b.op(f'mul {type.ir} {line.stair.rise}, {line.steps}')}")

    def ordered(self, line: Line, type: Int, last: str) -> str:
        """Return whether a line holds and does not pass the end of its type. It must be `monotone`."""
        sign, way = "s" if type.signed else "u", "le" if ascends(line) else "ge"
        return self.both(line.holds, self.b.op(f"icmp {sign}{way} {type.ir} {line.first}, {last}"))

    # ---- arithmetic

    def combined(self, operator: str, left: Value, right: Value) -> Line | None:
        """Return the line of a sum, difference or product."""
        x, y, type = line_of(left), line_of(right), left.type
        if not _is_index(left) or x is None or y is None or VARYING not in (left.kind, right.kind):
            return None
        if (slope := _slope(operator, (x, left.const), (y, right.const))) is None:
            return None
        stride, steps, stair = slope
        verb = {"+": "add", "-": "sub", "*": "mul"}[operator]
        first, holds = self.b.op(f"{verb} {type.ir} {x.first}, {y.first}"), self.both(x.holds, y.holds)
        return Line(first, stride, holds, steps, stair if steps else None)

    def divided(self, operator: str, left: Value, right: Value) -> Line | None:
        """Return the line of a quotient or remainder, of numbers that are not negative."""
        line, type = line_of(left), left.type
        if left.scalar or not _is_index(left) or not right.scalar or line is None or line.stair or line.stride <= 0:
            return None
        assert isinstance(type, Int)
        last = self.last(line, type)
        holds = self.ordered(line, type, last)
        if type.signed:
            holds = self.both(holds, self.b.op(f"icmp sge {type.ir} {line.first}, 0"))
        if right.const is None:
            return self._within_one(operator, line, last, type, right.ir, holds)
        divisor = int(right.const)
        if not 0 < divisor < FURTHEST:
            return None
        ends = [self.b.op(f"udiv {type.ir} {end}, {divisor}") for end in (line.first, last)]
        rise = self.b.op(f"sub {type.ir} {ends[1]}, {ends[0]}")
        stair = Stair(line.first, line.stride, divisor, type.bits, rise)
        if operator == "/":
            return Line(ends[0], 0, holds, 1, stair)
        return Line(self._rest(type, line.first, ends[0], str(divisor)), line.stride, holds, -divisor, stair)

    def _within_one(self, operator: str, line: Line, last: str, type: Int, divisor: str, holds: str) -> Line:
        """Return the line of a division by what only the launch knows, if all lanes have the same quotient."""
        positive = self.b.op(f"icmp {'s' if type.signed else 'u'}gt {type.ir} {divisor}, 0")
        safe = self.b.op(f"select i1 {positive}, {type.ir} {divisor}, {type.ir} 1")
        ends = [self.b.op(f"udiv {type.ir} {end}, {safe}") for end in (line.first, last)]
        same = self.b.op(f"icmp eq {type.ir} {ends[0]}, {ends[1]}")
        holds = self.both(holds, self.both(positive, same))
        if operator == "/":
            return Line(ends[0], 0, holds)
        return Line(self._rest(type, line.first, ends[0], safe), line.stride, holds)

    def _rest(self, type: Int, number: str, quotient: str, divisor: str) -> str:
        whole = self.b.op(f"mul {type.ir} {quotient}, {divisor}")
        return self.b.op(f"sub {type.ir} {number}, {whole}")

    def clamped(self, which: str, left: Value, right: Value) -> Line | None:
        """Return the line of a "min" or "max" with a number that is the same for all lanes: that of the other value."""
        value, end = (left, right) if right.scalar else (right, left)
        line, type = line_of(value), value.type
        if not _is_index(value) or value.scalar or not end.scalar or line is None or not monotone(line):
            return None
        assert isinstance(type, Int)
        last = self.last(line, type)
        outermost = last if (which == "min") == ascends(line) else line.first
        inside = self.b.op(f"icmp {'s' if type.signed else 'u'}{_INSIDE[which]} {type.ir} {outermost}, {end.ir}")
        holds = self.both(self.ordered(line, type, last), inside)
        return Line(line.first, line.stride, holds, line.steps, line.stair)

    def chosen(self, condition: Value, then: Value, otherwise: Value) -> Line | None:
        """Return the line of `condition ? then : otherwise`, where it is known of all lanes which they take."""
        if not _is_index(then) or condition.scalar:
            return None
        sides = [(line_of(then), condition.all), (line_of(otherwise), condition.none)]
        known = [(line, when) for line, when in sides if line and when and (line.stride or line.steps)]
        if not known:
            return None
        line, when = known[-1]
        other, taken = known[0]
        if len(known) == 1 or (other.stride, other.stair) != (line.stride, line.stair):
            return Line(line.first, line.stride, self.both(when, line.holds), line.steps, line.stair)
        first = self.b.op(f"select i1 {taken}, {then.type.ir} {other.first}, {then.type.ir} {line.first}")
        holds = [self.both(taken, other.holds), self.both(when, line.holds)]
        return Line(first, line.stride, self.b.op(f"or i1 {holds[0]}, {holds[1]}"), line.steps, line.stair)

    def widened(self, value: Value) -> Line | None:
        """Return the line of an index in 64 bits. Where an unsigned one wraps, it does not hold."""
        line, type = value.line, value.type
        if line is None or not _is_index(value) or not monotone(line):
            return None
        if type.bits == 64:
            return line
        assert isinstance(type, Int)
        first = self.b.op(f"{'sext' if type.signed else 'zext'} {type.ir} {line.first} to i64")
        stair = line.stair
        if stair is not None:
            stair = stair._replace(bits=64, rise=self.b.op(f"zext {type.ir} {stair.rise} to i64"))
        return Line(first, line.stride, self.ordered(line, type, self.last(line, type)), line.steps, stair)


def ascends(line: Line) -> bool:
    return line.stride >= 0 and line.steps >= 0


def monotone(line: Line) -> bool:
    """Return whether the first lane and the last have the extremes."""
    return ascends(line) or (line.stride <= 0 and line.steps <= 0)


_Slope = tuple[int, int, Stair | None]
_Term = tuple[Line, int | float | None]
"""A line, and the number that it is, if it is a constant."""


def _slope(operator: str, left: _Term, right: _Term) -> _Slope | None:
    """Return the stride, steps and stair of a sum, difference or product of lines; None if it is no line."""
    (x, known), (y, factor) = left, right
    if operator in ("+", "-"):
        if x.stair and y.stair and x.stair._replace(rise="") != y.stair._replace(rise=""):
            return None
        sign = 1 if operator == "+" else -1
        made = x.stride + sign * y.stride, x.steps + sign * y.steps, x.stair or y.stair
    elif operator == "*" and not (x.stride or x.steps or y.stride or y.steps):
        made = 0, 0, None
    elif operator == "*" and isinstance(times := factor if known is None else known, int):
        made = (x.stride or y.stride) * times, (x.steps or y.steps) * times, x.stair or y.stair
    else:
        return None
    return made if abs(made[0]) < FURTHEST and abs(made[1]) < FURTHEST else None


def _is_index(value: Value) -> bool:
    return isinstance(value.type, Int) and value.type.bits >= 32
