"""The value of an integer constant expression, as in `#if`, `__align__(8)` and `#pragma unroll`."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import NamedTuple

from imgcuda.frontend.syntax import Binary, Conditional, Expression, NumberLiteral, Place, Unary


class NotConstant(Exception):
    """Raised for a part of an expression that is not constant, with its place."""

    def __init__(self, message: str, place: Place) -> None:
        super().__init__(message)
        self.message = message
        self.place = place


class _Integer(NamedTuple):
    """A 64-bit integer; the preprocessor knows no other width."""

    value: int
    unsigned: bool = False


def integer(expression: Expression) -> int:
    """Return the value of a constant expression, or raise NotConstant."""
    return _fold(expression).value


def _fold(tree: Expression) -> _Integer:
    if isinstance(tree, NumberLiteral) and isinstance(tree.value, int):
        return _Integer(tree.value, tree.type.startswith("unsigned"))
    if isinstance(tree, Unary) and tree.operator in _UNARY:
        operand = _fold(tree.operand)
        return _wrap(_UNARY[tree.operator](operand.value), operand.unsigned and tree.operator != "!")
    if isinstance(tree, Conditional):
        return _fold(tree.then if _fold(tree.condition).value else tree.otherwise)
    if isinstance(tree, Binary):
        return _binary(tree)
    raise NotConstant("this is not an integer constant", tree.place)


def _binary(tree: Binary) -> _Integer:
    left = _fold(tree.left)
    if tree.operator in ("&&", "||"):
        if bool(left.value) == (tree.operator == "||"):  # the right side decides nothing, and may divide by zero
            return _Integer(int(bool(left.value)))
        return _Integer(int(bool(_fold(tree.right).value)))
    right = _fold(tree.right)
    if tree.operator in ("<<", ">>"):
        shift = operator.lshift if tree.operator == "<<" else operator.rshift
        return _wrap(shift(left.value, right.value & 63), left.unsigned)
    unsigned = left.unsigned or right.unsigned
    a, b = _wrap(left.value, unsigned).value, _wrap(right.value, unsigned).value
    if tree.operator in _COMPARISONS:
        return _Integer(int(_COMPARISONS[tree.operator](a, b)))
    if tree.operator in ("/", "%") and b == 0:
        raise NotConstant("division by zero", tree.place)
    if tree.operator not in _ARITHMETIC:
        raise NotConstant(f"'{tree.operator}' has no place in a constant expression", tree.place)
    return _wrap(_ARITHMETIC[tree.operator](a, b), unsigned)


def _wrap(value: int, unsigned: bool) -> _Integer:
    value &= 2**64 - 1
    return _Integer(value if unsigned or value < 2**63 else value - 2**64, unsigned)


def _divide(a: int, b: int) -> int:
    """Divide toward zero, as C does."""
    quotient = abs(a) // abs(b)
    return quotient if (a < 0) == (b < 0) else -quotient


_UNARY: dict[str, Callable[[int], int]] = {
    "+": operator.pos,
    "-": operator.neg,
    "~": operator.invert,
    "!": lambda value: int(not value),
}
_COMPARISONS: dict[str, Callable[[int, int], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_ARITHMETIC: dict[str, Callable[[int, int], int]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": _divide,
    "%": lambda a, b: a - b * _divide(a, b),
    "&": operator.and_,
    "|": operator.or_,
    "^": operator.xor,
}
