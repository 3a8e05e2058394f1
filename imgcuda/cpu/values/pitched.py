"""Vectors whose lanes differ by a number that only a launch knows, as the rows of an image do: `y * width + x`.

They come from an affine value times a uniform one, and stay so in sums with affine and uniform values. In C, neither a
signed sum nor a natural one overflows, so the lanes are that far apart in 64 bits, too. Other unsigned sums of 32 bits
may wrap between two lanes: these lanes are that far apart in 32 bits, and so is a negative number that becomes an
unsigned one.
"""

from __future__ import annotations

from imgcuda.cpu.ir import Builder
from imgcuda.cpu.values.value import AFFINE, VARYING, Pitched, Value

_VERBS = {"+": "add", "-": "sub", "*": "mul"}


def combined(b: Builder, operator: str, left: Value, right: Value, exact: bool) -> Pitched | None:
    """Return how the lanes of a sum, difference or product differ; None if nothing is known of that.

    `exact` says that it does not wrap.
    """
    x, y = _lanes(left), _lanes(right)
    if operator not in _VERBS or x is None or y is None:
        return None
    type, wraps = left.type.ir, x.wraps or y.wraps or not exact
    first = b.op(f"{_VERBS[operator]} {type} {x.first}, {y.first}")
    if operator != "*":
        pitch = x.pitch if y.pitch == "0" else b.op(f"{_VERBS[operator]} {type} {x.pitch}, {y.pitch}")
        return Pitched(first, pitch, wraps)
    if "0" not in (x.pitch, y.pitch):
        return None
    pitch, factor = (x.pitch, y.first) if y.pitch == "0" else (y.pitch, x.first)
    return Pitched(first, b.op(f"mul {type} {pitch}, {factor}"), wraps)


def _lanes(value: Value) -> Pitched | None:
    if value.kind == VARYING:
        return value.pitched
    return Pitched(value.ir, str(value.stride) if value.kind == AFFINE else "0")
