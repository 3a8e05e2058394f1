"""Literals of Clang's tree, numbers that it has computed, and the bits of numbers, as expressions of ours."""

from __future__ import annotations

import ast
import math
import struct
import sys

from imgcuda.cpu.cxx.nodes import Node, Untranslatable, kind, last, spelling, unwrapped
from imgcuda.cpu.cxx.translate_variables import number_of
from imgcuda.cpu.cxx.translation import Translation
from imgcuda.cpu.cxx.type_reader import target_of
from imgcuda.frontend import syntax
from imgcuda.frontend.syntax import Expression, Place

_BITS = {
    ("float", "int"): "__int_as_float",
    ("float", "unsigned int"): "__uint_as_float",
    ("int", "float"): "__float_as_int",
    ("unsigned int", "float"): "__float_as_uint",
    ("double", "long long"): "__longlong_as_double",
    ("long long", "double"): "__double_as_longlong",
}
"""The functions that read the bits of one type as another: the new type, the old one."""
_REALS = {"float": "=f", "double": "=d"}
"""The types of real numbers, and the letters of `struct` for them."""


def _integer(t: Translation, node: Node) -> Expression:
    type = t.type(node)
    assert isinstance(type, syntax.NamedType)
    return syntax.NumberLiteral(int(node["value"]), type.name, t.place(node))


def _floating(t: Translation, node: Node) -> Expression:
    type = t.type(node)
    assert isinstance(type, syntax.NamedType)
    return syntax.NumberLiteral(float(node["value"]), type.name, t.place(node))


def _boolean(t: Translation, node: Node) -> Expression:
    return syntax.NumberLiteral(int(node["value"]), "bool", t.place(node))


def _character(t: Translation, node: Node) -> Expression:
    value = int(node["value"])
    return syntax.NumberLiteral(value - 256 if value > 127 else value, "char", t.place(node))


def null(place: Place) -> Expression:
    """Return a null pointer."""
    return syntax.NumberLiteral(0, "nullptr", place)


def _null(t: Translation, node: Node) -> Expression:
    return null(t.place(node))


def _string(t: Translation, node: Node) -> Expression:
    text = str(ast.literal_eval(node["value"]))  # a byte that is not ASCII is escaped, as \303
    return syntax.StringLiteral(text.encode("latin-1", "replace"), t.place(node))


def _constant(t: Translation, node: Node) -> Expression:
    """Return an expression whose value Clang has computed: an integer as its value, any other as it stands."""
    value = str(node.get("value", ""))
    type = spelling(node)
    if value.lstrip("-").isdigit() or value in ("true", "false"):
        number = int(value) if value not in ("true", "false") else int(value == "true")
        written = target_of(t.read_type(type, t.place(node)))
        if isinstance(written, syntax.NamedType):
            return number_of(number, written.name, t.place(node))
    return t.expression(last(node))


def zero(t: Translation, node: Node) -> Expression:
    """Return the value of `T()`."""
    type = t.type(node)
    if isinstance(type, syntax.PointerType):
        return null(t.place(node))
    place = t.place(node)
    if isinstance(type, syntax.NamedType) and type.name in ("int", "bool", "float", "double"):
        return syntax.NumberLiteral(0, type.name, place)
    return syntax.Braced(type, syntax.Initializer((), place), place)


def _bits(t: Translation, node: Node) -> Expression:
    """Return `__builtin_bit_cast(float, 0x7f800000)`."""
    types = t.type(node), t.type(unwrapped(last(node)))
    names = tuple(each.name for each in types if isinstance(each, syntax.NamedType))
    if len(set(names)) == 1:
        return t.expression(last(node))
    operand = unwrapped(last(node))
    if names[0] in _REALS and kind(operand) == "IntegerLiteral":
        return _real_of_bits(int(operand["value"]), names[0], t.place(node))
    if names not in _BITS:
        raise Untranslatable("bits of one type as another", t.place(node), "use __float_as_int() and its like")
    return syntax.Call(_BITS[names], (t.expression(last(node)),), t.place(node))


def _real_of_bits(bits: int, type: str, place: Place) -> Expression:
    """Return the number that bits are, as headers have INFINITY and NAN."""
    (value,) = struct.unpack(_REALS[type], bits.to_bytes(struct.calcsize(_REALS[type]), sys.byteorder))
    if math.isfinite(value):
        return syntax.NumberLiteral(value, type, place)
    huge = syntax.NumberLiteral(math.copysign(1e300, value), "double", place)
    infinity = syntax.Binary("*", huge, syntax.NumberLiteral(1e300, "double", place), place)
    zero = syntax.NumberLiteral(0.0, "double", place)
    made = syntax.Binary("*", infinity, zero, place) if math.isnan(value) else infinity
    return syntax.Cast(syntax.NamedType(type, place), made, place)


LITERALS = {
    "IntegerLiteral": _integer,
    "FloatingLiteral": _floating,
    "CXXBoolLiteralExpr": _boolean,
    "CharacterLiteral": _character,
    "CXXNullPtrLiteralExpr": _null,
    "GNUNullExpr": _null,
    "StringLiteral": _string,
    "ConstantExpr": _constant,
    "ImplicitValueInitExpr": zero,
    "CXXScalarValueInitExpr": zero,
    "BuiltinBitCastExpr": _bits,
}
