"""Arithmetic on values with the semantics of C: operators, comparisons, minimum and maximum."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from dataclasses import replace

from imgcuda.cpu.values import bounds
from imgcuda.cpu.values.affine import affine_form, monotone
from imgcuda.cpu.values.conversions import Conversions, suffix
from imgcuda.cpu.values.pitched import combined
from imgcuda.cpu.values.types import BOOL, F64, I64, Float, Int, common, promote
from imgcuda.cpu.values.value import AFFINE, UNIFORM, VARYING, Address, Value, Variability, as_narrow, constant

COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt, ">": operator.gt, "<=": operator.le, ">=": operator.ge, "==": operator.eq, "!=": operator.ne,
}  # fmt: skip
_PREDICATES = {"<": "lt", ">": "gt", "<=": "le", ">=": "ge", "==": "eq", "!=": "ne"}
_MIRRORED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "==": "==", "!=": "!="}
_FLOAT_OPS = {"+": "fadd", "-": "fsub", "*": "fmul", "/": "fdiv"}
_INT_OPS = {"+": "add", "-": "sub", "*": "mul", "&": "and", "|": "or", "^": "xor", "<<": "shl"}
_KNOWN: dict[str, Callable[[int, int], int]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "&": operator.and_, "|": operator.or_, "^": operator.xor,
}  # fmt: skip

_KNOWN_FLOAT: dict[str, Callable[[float, float], float]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv,
}  # fmt: skip


class Arithmetic(Conversions):
    """Emits instructions for arithmetic; constants are folded."""

    # ---- operators

    def binary(self, operator: str, left: Value, right: Value) -> Value:
        """Return `left operator right`, for every arithmetic and comparison operator."""
        if operator in ("<<", ">>"):
            return self._shift(operator, self.convert(left, promote(left.type)), right)
        type = common(left.type, right.type)
        left, right = self.convert(left, type), self.convert(right, type)
        if operator in COMPARISONS:
            return self.compare(operator, left, right)
        if isinstance(type, Float):
            return self._float(operator, left, right)
        if operator in "/%":
            return self._divide(operator, left, right)
        return self._whole(operator, left, right)

    def offset(self, address: Address) -> Value:
        """Return the index of an address in bytes, or in elements of private memory."""
        if address.index is None:
            return constant(0, I64)
        return self.binary("*", self.widened(address.index), constant(address.scale, I64))

    def compare(self, operator: str, left: Value, right: Value) -> Value:
        """Return the comparison of two values of one type as a bool."""
        if left.const is not None and right.const is not None:
            return constant(COMPARISONS[operator](left.const, right.const), BOOL)
        if not (left.scalar and right.scalar) and (narrow := self._narrow_pair(left, right)):
            return self.compare(operator, *narrow)  # bytes keep their order when they become ints
        kind, shape, x, y = self._pair(left, right)
        predicate = _PREDICATES[operator]
        if isinstance(left.type, Float):
            text = f"fcmp {'u' if predicate == 'ne' else 'o'}{predicate}"
        else:
            sign = "" if predicate in ("eq", "ne") else "s" if left.type.signed else "u"
            text = f"icmp {sign}{predicate}"
        made = Value(BOOL, kind, self.b.op(f"{text} {shape} {x}, {y}"))
        return self._hint(operator, left, right, made)

    def _hint(self, operator: str, left: Value, right: Value, made: Value) -> Value:
        """Add to a comparison two bools: whether all lanes pass, and whether none does, if the lanes are monotone.

        They compare the first and the last lane only. So `x < width` costs two scalar comparisons inside an image.
        """
        if left.scalar:
            left, right, operator = right, left, _MIRRORED[operator]
        form, type = affine_form(left), left.type
        if left.scalar or form is None or not monotone(form) or not right.scalar or operator in ("==", "!="):
            return made
        assert isinstance(type, Int)
        last = self.forms.last(form, type)
        ordered = self.forms.ordered(form, type, last)
        test = f"icmp {'s' if type.signed else 'u'}{_PREDICATES[operator]} {type.ir}"
        ends = [self.b.op(f"{test} {end}, {right.ir}") for end in (form.first, last)]
        both, either = (self.b.op(f"{verb} i1 {ends[0]}, {ends[1]}") for verb in ("and", "or"))
        neither = self.b.op(f"xor i1 {either}, true")
        return replace(made, all=self.b.op(f"and i1 {ordered}, {both}"), none=self.b.op(f"and i1 {ordered}, {neither}"))

    def connect(self, verb: str, left: Value, right: Value) -> Value:
        """Return "and" or "or" of two bools. As in C, the right one may be undefined where the left one decides."""
        if left.scalar and right.scalar:
            made = self._decide(verb, "i1", "i1", left.ir, right.ir)
            return Value(BOOL, max(left.kind, right.kind), made)
        shape = self.v.type("i1")
        made = self._decide(verb, shape, shape, self.v.of(left), self.v.of(right))
        other = "or" if verb == "and" else "and"
        return Value(BOOL, VARYING, made, all=self._connect_hints(verb, _all(left), _all(right)),
                     none=self._connect_hints(other, self._none(left), self._none(right)))  # fmt: skip

    def _decide(self, verb: str, test: str, shape: str, left: str, right: str) -> str:
        known = "false" if verb == "and" else "true"
        known = known if test == "i1" else f"splat (i1 {known})"
        sides = (right, known) if verb == "and" else (known, right)
        return self.b.op(f"select {test} {left}, {shape} {sides[0]}, {shape} {sides[1]}")

    def _connect_hints(self, verb: str, left: str | None, right: str | None) -> str | None:
        """Return the "and" or "or" of two optional bools. One alone suffices for an "or"."""
        if left is None or right is None:
            return None if verb == "and" else left or right
        return self._decide(verb, "i1", "i1", left, right)

    def _none(self, value: Value) -> str | None:
        return self.b.op(f"xor i1 {value.ir}, true") if value.scalar else value.none

    def negative(self, value: Value) -> Value:
        """Return `-value`."""
        value = self.convert(value, promote(value.type))
        if isinstance(value.type, Int):
            return self.binary("-", constant(0, value.type), value)
        if value.const is not None:
            return constant(-value.const, value.type)
        made = Value(value.type, value.kind, self.b.op(f"fneg {self.v.shape(value)} {value.ir}"))
        if value.factors is None:
            return made
        return replace(made, factors=(self.negative(value.factors[0]), value.factors[1]))

    def negation(self, value: Value) -> Value:
        """Return `!value`."""
        value = self.v.flat(self.truth(value))
        if value.const is not None:
            return constant(not value.const, BOOL)
        one = "splat (i1 true)" if value.kind == VARYING else "true"
        made = self.b.op(f"xor {self.v.shape(value)} {value.ir}, {one}")
        return Value(BOOL, value.kind, made, all=value.none, none=value.all)

    def choose(self, condition: Value, then: Value, otherwise: Value) -> Value:
        """Return `condition ? then : otherwise`; both sides have one type and are computed already."""
        condition = self.truth(condition)
        if condition.const is not None:
            return then if condition.const else otherwise
        either = bounds.union(then.bounds, otherwise.bounds)
        if condition.scalar and then.scalar and otherwise.scalar:
            kind = max(condition.kind, then.kind, otherwise.kind)
            text = f"select i1 {condition.ir}, {then.type.ir} {then.ir}, {then.type.ir} {otherwise.ir}"
            return Value(then.type, kind, self.b.op(text), bounds=either)
        shape, x, y = self.v.type(then.type), self.v.of(then), self.v.of(otherwise)
        test, mask = ("i1", condition.ir) if condition.scalar else (self.v.type("i1"), condition.ir)
        form = self.forms.chosen(condition, then, otherwise)
        made = self.b.op(f"select {test} {mask}, {shape} {x}, {shape} {y}")
        return Value(then.type, VARYING, made, bounds=either, affine=form)

    def extreme(self, which: str, left: Value, right: Value) -> Value:
        """Return the "min" or "max" of two values; bytes stay bytes. Of a NaN and a number, it is the number."""
        if left.type != right.type:
            type = common(left.type, right.type)
            left, right = self.convert(left, type), self.convert(right, type)
        if left.const is not None and right.const is not None:
            return constant(min(left.const, right.const) if which == "min" else max(left.const, right.const), left.type)
        if isinstance(left.type, Float):
            return self._float_extreme(which, left, right)
        if (narrow := self._narrow_pair(left, right)) is not None:
            return self.convert(self.extreme(which, *narrow), left.type)
        kind, shape, x, y = self._pair(left, right)
        sign = "s" if left.type.signed else "u"
        name = f"llvm.{sign}{which}.{suffix(shape)}"
        form = self.forms.clamped(which, left, right)
        return Value(left.type, kind, self.b.call(name, shape, [(shape, x), (shape, y)]), affine=form)

    # ---- helpers

    def _pair(self, left: Value, right: Value) -> tuple[Variability, str, str, str]:
        """Return two values both as scalars or both as vectors: their kind, LLVM type and names."""
        if left.scalar and right.scalar:
            return max(left.kind, right.kind), left.type.ir, left.ir, right.ir
        return VARYING, self.v.type(left.type), self.v.of(left), self.v.of(right)

    def _narrow_pair(self, left: Value, right: Value) -> tuple[Value, Value] | None:
        """Return two values in the shorter type that both came from; more of them fit into a register."""
        origin = left.narrow or right.narrow
        if origin is None:
            return None
        first, second = as_narrow(left, origin.type), as_narrow(right, origin.type)
        return None if first is None or second is None else (first, second)

    def _float(self, operator: str, left: Value, right: Value) -> Value:
        if left.const is not None and right.const is not None and (operator != "/" or right.const):
            return constant(_KNOWN_FLOAT[operator](left.const, right.const), left.type)
        if operator == "*" and 1.0 in (left.const, right.const):
            return left if right.const == 1.0 else right
        if operator in "+-" and (left.factors or right.factors):
            return self._fused(operator, left, right)
        kind, shape, x, y = self._pair(left, right)
        made = self.b.op(f"{_FLOAT_OPS[operator]} {shape} {x}, {y}")
        factors = (left, right) if operator == "*" and self.contract else None
        return Value(left.type, kind, made, bounds=bounds.combined(operator, left, right), factors=factors)

    def _fused(self, operator: str, left: Value, right: Value) -> Value:
        """Return a sum or difference with a product, rounded once. Of two products, the left one is fused.

        LLVM could choose, but would choose differently in copies of one statement, whose results must be the same.
        """
        if left.factors is not None:
            (first, second), term = left.factors, right if operator == "+" else self.negative(right)
        else:
            assert right.factors is not None
            first, second = right.factors
            first, term = first if operator == "+" else self.negative(first), left
        kind = max(first.kind, second.kind, term.kind)
        shape = self.v.type(left.type) if kind == VARYING else left.type.ir
        given = [(shape, self.v.of(each) if kind == VARYING else each.ir) for each in (first, second, term)]
        return Value(left.type, kind, self.b.call(f"llvm.fmuladd.{suffix(shape)}", shape, given))

    def _whole(self, operator: str, left: Value, right: Value) -> Value:
        type = left.type
        assert isinstance(type, Int)
        if left.const is not None and right.const is not None:
            return constant(_KNOWN[operator](int(left.const), int(right.const)), type)
        if (affine := self._affine(operator, left, right)) is not None:
            return affine
        kind, shape, x, y = self._pair(left, right)
        word = _INT_OPS[operator] if kind == VARYING else _int_op(operator, type)
        natural, form = operator in "+*" and left.natural and right.natural, self.forms.combined(operator, left, right)
        exact = type.signed or natural or type.bits == 64
        pitched = combined(self.b, operator, left, right, exact) if kind == VARYING else None
        made = self.b.op(f"{word} {shape} {x}, {y}")
        return Value(type, kind, made, natural=natural, affine=form, pitched=pitched)

    def _affine(self, operator: str, left: Value, right: Value) -> Value | None:
        """Return a sum or product that is affine again; None if it is not."""
        if VARYING in (left.kind, right.kind) or AFFINE not in (left.kind, right.kind):
            return None
        if operator in "+-":
            stride = left.stride + (right.stride if operator == "+" else -right.stride)
        elif operator == "*" and (factor := left.const if left.const is not None else right.const) is not None:
            stride = (left.stride or right.stride) * int(factor)
        else:
            return None
        assert isinstance(left.type, Int)
        stride = Int(left.type.bits, True).wrap(stride)  # for unsigned numbers, too: 4294967295u * x decreases
        base = self.b.op(f"{_int_op(operator, left.type)} {left.type.ir} {left.ir}, {right.ir}")
        kind = AFFINE if stride else UNIFORM
        return Value(left.type, kind, base, stride, natural=operator in "+*" and left.natural and right.natural)

    def _shift(self, operator: str, left: Value, right: Value) -> Value:
        """Return a shift. A shift by the type's width or more is undefined in C; a GPU shifts everything out."""
        type = left.type
        assert isinstance(type, Int)
        count = self.convert(right, type)
        if count.const is not None and 0 <= count.const < type.bits:
            bits = int(count.const)
            if left.const is not None:
                return constant(int(left.const) << bits if operator == "<<" else int(left.const) >> bits, type)
            if operator == "<<" and left.kind == AFFINE:
                return self.binary("*", left, constant(1 << bits, type))
        verb = "shl" if operator == "<<" else "ashr" if type.signed else "lshr"
        kind, shape, x, y = self._pair(left, count)
        if count.const is not None and 0 <= count.const < type.bits:
            return Value(type, kind, self.b.op(f"{verb} {shape} {x}, {y}"))
        most = self.v.splat(str(type.bits - 1), type.ir) if kind == VARYING else str(type.bits - 1)
        near = self.b.call(f"llvm.umin.{suffix(shape)}", shape, [(shape, y), (shape, most)])
        shifted = self.b.op(f"{verb} {shape} {x}, {near}")
        if verb == "ashr":
            return Value(type, kind, shifted)
        one = "i1" if kind != VARYING else self.v.type("i1")
        inside = self.b.op(f"icmp ule {shape} {y}, {most}")
        nothing = "zeroinitializer" if kind == VARYING else "0"
        return Value(type, kind, self.b.op(f"select {one} {inside}, {shape} {shifted}, {shape} {nothing}"))

    def _divide(self, operator: str, left: Value, right: Value) -> Value:
        """Return a quotient or remainder. As on a GPU, a division by zero gives some number and does not trap."""
        type = left.type
        assert isinstance(type, Int)
        if left.const is not None and right.const:
            return constant(_known_division(operator, int(left.const), int(right.const)), type)
        if right.const == 1:
            return left if operator == "/" else constant(0, type)
        return replace(self._quotient(operator, left, right), affine=self.forms.divided(operator, left, right))

    def _quotient(self, operator: str, left: Value, right: Value) -> Value:
        type = left.type
        assert isinstance(type, Int)
        verb = ("s" if type.signed else "u") + ("div" if operator == "/" else "rem")
        kind, shape, x, y = self._pair(left, right)
        if right.const not in (None, 0, -1):
            return Value(type, kind, self.b.op(f"{verb} {shape} {x}, {y}"))
        if kind == VARYING and type.bits == 32:
            return self._divide_as_double(operator, self.v.flat(left), self.v.flat(right))
        return Value(type, kind, self.b.op(f"{verb} {shape} {x}, {self._safe_divisor(shape, type, kind, x, y)}"))

    def _divide_as_double(self, operator: str, left: Value, right: Value) -> Value:
        """Return the quotient of vectors, computed in doubles, which hold 32 bits exactly.

        No processor divides vectors of integers. A divisor of zero is replaced by 1. The one quotient that is too large
        becomes the smallest, -2^31, as on a GPU: here, and not in the divisor, since LLVM would take a mask made of
        ints apart to choose between doubles.
        """
        type = left.type
        assert isinstance(type, Int)
        zero = self.compare("==", right, constant(0, type))
        right = self.choose(zero, constant(1, type), right)
        ratio = self._float("/", self.convert(left, F64), self.convert(right, F64))
        if type.signed:
            ratio = self.choose(self.compare(">=", ratio, constant(2.0**31, F64)), constant(-(2.0**31), F64), ratio)
        verb = "fptosi" if type.signed else "fptoui"
        made = self.b.op(f"{verb} {self.v.type(F64)} {ratio.ir} to {self.v.type(type)}")
        quotient = Value(type, VARYING, made)
        if operator == "/":
            return quotient
        return self._whole("-", left, self._whole("*", quotient, right))

    def _safe_divisor(self, shape: str, type: Int, kind: Variability, x: str, y: str) -> str:
        """Return the divisor with 1 in place of values that trap: zero, and -1 for the most negative dividend."""

        def splat(number: int) -> str:
            return self.v.splat(str(number), type.ir) if kind == VARYING else str(number)

        test = self.v.type("i1") if kind == VARYING else "i1"
        bad = self.b.op(f"icmp eq {shape} {y}, {splat(0)}")
        if type.signed:
            lowest = self.b.op(f"icmp eq {shape} {x}, {splat(-(1 << (type.bits - 1)))}")
            minus = self.b.op(f"icmp eq {shape} {y}, {splat(-1)}")
            both = self.b.op(f"and {test} {lowest}, {minus}")
            bad = self.b.op(f"or {test} {bad}, {both}")
        return self.b.op(f"select {test} {bad}, {shape} {splat(1)}, {shape} {y}")

    def _float_extreme(self, which: str, left: Value, right: Value) -> Value:
        if left.const is not None:
            left, right = right, left
        if bounds.within(which, left, right):
            return left
        kind, shape, x, y = self._pair(left, right)
        if right.const is None or math.isnan(right.const):
            # `minnum` of a number and a signaling NaN is NaN on Arm. Of zeros of both signs, the result is either one.
            name = f"llvm.{which}imumnum.{suffix(shape)}"
            return Value(left.type, kind, self.b.call(name, shape, [(shape, x), (shape, y)], "nsz"))
        # With a constant, compare-and-select is one instruction; for a NaN it gives the constant.
        test = self.v.type("i1") if kind == VARYING else "i1"
        less = self.b.op(f"fcmp {'olt' if which == 'min' else 'ogt'} {shape} {x}, {y}")
        made = self.b.op(f"select {test} {less}, {shape} {x}, {shape} {y}")
        clamp = bounds.clamp(which, left, right.const)
        return Value(left.type, kind, made, bounds=bounds.clamped(which, left, right.const), clamp=clamp)


def _all(value: Value) -> str | None:
    return value.ir if value.scalar else value.all


def _int_op(operator: str, type: Int) -> str:
    """Return the LLVM instruction for an operator; in C, signed sums and products do not overflow (`nsw`).

    LLVM uses that in the index of a wide access. For vectors it gains nothing, and kernels that hash do overflow.
    """
    return _INT_OPS[operator] + (" nsw" if type.signed and type.bits >= 32 and operator in "+-*" else "")


def _known_division(operator: str, left: int, right: int) -> int:
    """Return the quotient rounded toward zero, or its remainder, as in C."""
    quotient = abs(left) // abs(right) * (1 if (left < 0) == (right < 0) else -1)
    return quotient if operator == "/" else left - quotient * right


__all__ = ["COMPARISONS", "Arithmetic", "suffix"]
