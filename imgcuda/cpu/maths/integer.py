"""CUDA's functions of integers: counting and reversing bits, products' upper halves, bytes picked and shifted."""

from __future__ import annotations

from imgcuda.cpu.maths.formula import Number
from imgcuda.cpu.values.types import I32, I64, U32, U64, Int

_WIDER = {I32: I64, U32: U64, I64: Int(128, True), U64: Int(128, False)}


def leading_zeros(x: Number) -> Number:
    """Return __clz: the number of leading zero bits."""
    return _counted("ctlz", x)


def first_set(x: Number) -> Number:
    """Return the place of the lowest set bit, counted from 1; 0 if none is set."""
    return x.f.choose(x.equals(0), 0, _counted("cttz", x) + 1)


def set_bits(x: Number) -> Number:
    """Return __popc: the number of set bits."""
    return x.f.call("ctpop", x.type, x).to(I32)


def _counted(name: str, x: Number) -> Number:
    """Count zeros; of 0 they are all that it has."""
    f, shape = x.f, x.f.shape(x.type)
    whole = f"llvm.{name}.v{f.state.v.width}i{x.type.bits}" if f.wide else f"llvm.{name}.i{x.type.bits}"
    f.b.declarations[whole] = f"declare {shape} @{whole}({shape}, i1 immarg)"
    return f.op(x.type, f"call {shape} @{whole}({shape} {x.ir}, i1 false)").to(I32)


def reversed_bits(x: Number) -> Number:
    """Return __brev: the bits in reverse order."""
    return x.f.call("bitreverse", x.type, x)


def upper_product(x: Number, y: Number) -> Number:
    """Return the upper half of a product that has twice as many bits."""
    assert isinstance(x.type, Int)
    wide = _WIDER[x.type]
    return ((x.to(wide) * y.to(wide)) >> x.type.bits).to(x.type)


def product_24(x: Number, y: Number) -> Number:
    """Return the product of the lowest 24 bits of each, as signed or unsigned numbers."""
    return ((x << 8) >> 8) * ((y << 8) >> 8)


def sum_of_difference(x: Number, y: Number, z: Number) -> Number:
    """Return |x - y| + z, unsigned."""
    difference = x.f.choose(x > y, x - y, y - x)
    return difference.to(U32) + z


def average(x: Number, y: Number) -> Number:
    """Return (x + y) / 2 rounded down, without overflow."""
    return (x & y) + ((x ^ y) >> 1)


def rounded_average(x: Number, y: Number) -> Number:
    """Return (x + y + 1) / 2 rounded down, without overflow."""
    return (x | y) - ((x ^ y) >> 1)


def picked_bytes(x: Number, y: Number, selector: Number) -> Number:
    """Return four of the eight bytes of y:x, each chosen by four bits of the selector (the highest is ignored)."""
    bytes = x.to(U64) | (y.to(U64) << 32)
    made = x.like(0)
    for place in range(4):
        choice = ((selector >> (4 * place)) & 7) << 3
        made = made | (((bytes >> choice.to(U64)).to(U32) & 255) << (8 * place))
    return made


def funnel_left(low: Number, high: Number, shift: Number) -> Number:
    """Return the upper word of high:low shifted to the left by 0 to 31 bits."""
    return low.f.call("fshl", low.type, high, low, shift)


def funnel_right(low: Number, high: Number, shift: Number) -> Number:
    """Return the lower word of high:low shifted to the right by 0 to 31 bits."""
    return low.f.call("fshr", low.type, high, low, shift)


def funnel_left_clamped(low: Number, high: Number, shift: Number) -> Number:
    """Return __funnelshift_lc."""
    return low.f.choose(shift > 31, low, funnel_left(low, high, shift))


def funnel_right_clamped(low: Number, high: Number, shift: Number) -> Number:
    """Return __funnelshift_rc."""
    return low.f.choose(shift > 31, high, funnel_right(low, high, shift))


def double_of_words(high: Number, low: Number) -> Number:
    """Return __hiloint2double: a double from its upper and lower 32 bits."""
    return ((high.to(I64) << 32) | low.to(U32).to(I64)).of_bits()


def upper_word(x: Number) -> Number:
    """Return __double2hiint: the upper 32 bits of a double."""
    return (x.bits() >> 32).to(I32)


def lower_word(x: Number) -> Number:
    """Return __double2loint: the lower 32 bits of a double."""
    return x.bits().to(I32)
