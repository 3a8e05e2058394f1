"""Sums and products with their rounding errors (Dekker 1971; Knuth, TAOCP 4.2.2): as pairs of numbers."""

from __future__ import annotations

from imgcuda.cpu.maths.formula import Number


def two_sum(x: Number, y: Number) -> tuple[Number, Number]:
    """Return x + y rounded, and the rounding error."""
    total = x + y
    other = total - x
    return total, (x - (total - other)) + (y - other)


def quick_two_sum(x: Number, y: Number) -> tuple[Number, Number]:
    """Return x + y rounded, and the rounding error, for |x| >= |y|."""
    total = x + y
    return total, y - (total - x)


def two_product(x: Number, y: Number) -> tuple[Number, Number]:
    """Return x * y of doubles rounded, and the rounding error, without a fused multiply-add."""
    product = x * y
    (x1, x2), (y1, y2) = split(x), split(y)
    return product, ((x1 * y1 - product) + x1 * y2 + x2 * y1) + x2 * y2


def split(x: Number) -> tuple[Number, Number]:
    """Return a double as the sum of one with 26 bits and one with the rest: its lower 27 bits cut off."""
    high = (x.bits() & -(1 << 27)).of_bits()
    return high, x - high
