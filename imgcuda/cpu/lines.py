"""Vectors that are probably LINEAR: a position held within an image is, everywhere but at the border.

`max(x - 1, 0)` is a vector, as it depends on each lane's x whether 0 comes out. But of the vectors of a row all but the
first one leave the clamp as they came. So beside such a vector goes a `Line`: the LINEAR value that it most likely
is, and one bool that says whether it is. Memory read there tests the bool, and reads neighbours all at once. The
clamp is monotone, so the first and the last lane speak for all; sums and products carry the line on.
"""

from __future__ import annotations

from imgcuda.cpu.types import Int
from imgcuda.cpu.values import LINEAR, VARYING, Line, Value, Vectors

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

    def both(self, left: str, right: str) -> str:
        """Return whether two bools are set, either of which may be known to be."""
        if "true" in (left, right):
            return right if left == "true" else left
        return self.b.op(f"and i1 {left}, {right}")

    def last(self, line: Line, type: Int) -> str:
        """Return what the last lane has."""
        return self.b.op(f"add {type.ir} {line.first}, {type.wrap((self.v.width - 1) * line.stride)}")

    def ordered(self, line: Line, type: Int, last: str) -> str:
        """Return whether a line holds and does not pass the end of its type."""
        sign, way = "s" if type.signed else "u", "le" if line.stride > 0 else "ge"
        return self.both(line.holds, self.b.op(f"icmp {sign}{way} {type.ir} {line.first}, {last}"))

    def combined(self, operator: str, left: Value, right: Value) -> Line | None:
        """Return the line of a sum, difference or product."""
        x, y, type = line_of(left), line_of(right), left.type
        if not _is_index(left) or x is None or y is None or VARYING not in (left.kind, right.kind):
            return None
        if operator in ("+", "-"):
            stride = x.stride + (y.stride if operator == "+" else -y.stride)
        elif operator == "*" and isinstance(factor := right.const if left.const is None else left.const, int):
            stride = (x.stride or y.stride) * factor
        else:
            return None
        if not stride or abs(stride) >= FURTHEST:
            return None
        verb = {"+": "add", "-": "sub", "*": "mul"}[operator]
        return Line(self.b.op(f"{verb} {type.ir} {x.first}, {y.first}"), stride, self.both(x.holds, y.holds))

    def clamped(self, which: str, left: Value, right: Value) -> Line | None:
        """Return the line of a "min" or "max" with a number that is the same for all lanes: that of the other value."""
        value, end = (left, right) if right.scalar else (right, left)
        line, type = line_of(value), value.type
        if not _is_index(value) or not end.scalar or line is None or not line.stride:
            return None
        assert isinstance(type, Int)
        last = self.last(line, type)
        outermost = last if (which == "min") == (line.stride > 0) else line.first
        sign = "s" if type.signed else "u"
        inside = self.b.op(f"icmp {sign}{_INSIDE[which]} {type.ir} {outermost}, {end.ir}")
        return Line(line.first, line.stride, self.both(self.ordered(line, type, last), inside))

    def chosen(self, condition: Value, then: Value, otherwise: Value) -> Line | None:
        """Return the line of `condition ? then : otherwise`, where it is known of all lanes which they take."""
        x, y = line_of(then), line_of(otherwise)
        if not _is_index(then) or condition.scalar:
            return None
        sides = [(x, condition.all), (y, condition.none)]
        known = [(line, when) for line, when in sides if line is not None and line.stride and when is not None]
        if not known:
            return None
        line, when = known[-1]
        if len(known) == 2 and known[0][0].stride == line.stride:
            other, taken = known[0]
            first = self.b.op(f"select i1 {taken}, {then.type.ir} {other.first}, {then.type.ir} {line.first}")
            holds = [self.both(taken, other.holds), self.both(when, line.holds)]
            return Line(first, line.stride, self.b.op(f"or i1 {holds[0]}, {holds[1]}"))
        return Line(line.first, line.stride, self.both(when, line.holds))

    def widened(self, value: Value) -> Line | None:
        """Return the line of an index in 64 bits. Where an unsigned one wraps, it does not hold."""
        line, type = value.line, value.type
        if line is None or not _is_index(value) or type.bits == 64:
            return line if _is_index(value) else None
        assert isinstance(type, Int)
        first = self.b.op(f"{'sext' if type.signed else 'zext'} {type.ir} {line.first} to i64")
        return Line(first, line.stride, self.ordered(line, type, self.last(line, type)))


def _is_index(value: Value) -> bool:
    return isinstance(value.type, Int) and value.type.bits >= 32
