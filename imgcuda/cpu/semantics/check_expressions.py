"""Computes the types of expressions, and reports what C++ refuses in them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from imgcuda.cpu.semantics.check_calls import CallChecker, misfit
from imgcuda.cpu.semantics.cxx_types import (
    DIFFERENCE,
    INT,
    SIZE,
    TRUTH,
    UNKNOWN,
    VOID,
    Array,
    Basic,
    Enum,
    Pointer,
    Record,
    Type,
    Typed,
    arithmetic,
    as_written,
    conversion,
    decayed,
    plain,
    same,
    scalar,
    why_not,
    with_const,
)
from imgcuda.cpu.semantics.scopes import Wrong
from imgcuda.cpu.values.types import VECTORS, Int, promote
from imgcuda.errors import meant_or_known
from imgcuda.frontend import syntax

_FOR_INTEGERS = frozenset(["%", "&", "|", "^", "<<", ">>"])
_COMPARISONS = frozenset(["==", "!=", "<", ">", "<=", ">="])


class ExpressionChecker(CallChecker):
    """Checks expressions."""

    def braces(self, values: syntax.Initializer, type: Type) -> bool:
        """Check values in braces; return whether all are constants."""
        raise NotImplementedError

    def type(self, node: syntax.Expression) -> Typed:
        """Return the type and the kind of value of an expression, or raise Wrong."""
        return _CHECKS[node.__class__](self, node)

    def value(self, node: syntax.Expression) -> Type:
        """Return the type of an expression's value."""
        return decayed(self.type(node).type)

    def fit(self, node: syntax.Expression, wanted: Type) -> None:
        """Check that an expression converts to the type that is wanted."""
        self.fits(self.type(node), wanted, node.place)

    def condition(self, node: syntax.Expression) -> None:
        """Check a condition, which must convert to bool."""
        self.fit(node, TRUTH)

    def _number(self, node: syntax.NumberLiteral) -> Typed:
        whole = isinstance(node.value, int) and node.type != "bool"
        return Typed(Basic(node.type), null=whole and node.value == 0, constant=True)

    def _string(self, node: syntax.StringLiteral) -> Typed:
        return Typed(Array(Basic("char", const=True), len(node.value) + 1), lvalue=True)

    def _name(self, node: syntax.Name) -> Typed:
        return self.named(node)

    # ---- operators

    def _unary(self, node: syntax.Unary) -> Typed:
        operator = node.operator
        given = self.type(node.operand)
        type = decayed(given.type)
        if own := self._operator(node, operator, (node.operand,), (given,)):
            return own
        if operator == "&":
            if not given.lvalue:
                raise Wrong("this has no address", node.place, "give it to a variable first")
            return Typed(Pointer(given.type))
        if operator == "*":
            return self._pointed(type, node.place)
        if operator in ("++", "--"):
            return self._step(node, given)
        if operator == "!":
            self.fits(given, TRUTH, node.operand.place)
            return Typed(TRUTH, constant=given.constant)
        return self._signed(operator, given, type, node)

    def _signed(self, operator: str, given: Typed, type: Type, node: syntax.Unary) -> Typed:
        number = scalar(type)
        if type == UNKNOWN:
            return Typed(UNKNOWN)
        if number is None:
            self.fits(given, INT, node.place)
            raise Wrong(f"'{operator}' cannot be used with a {type}", node.place)
        if operator == "~" and not isinstance(number, Int):
            raise Wrong(f"'~' is for integers; this is a {type}", node.place, "convert it to int")
        return Typed(arithmetic(promote(number), promote(number)), constant=given.constant)

    def _pointed(self, type: Type, place: syntax.Place) -> Typed:
        if type == UNKNOWN:
            return Typed(UNKNOWN, lvalue=True)
        if not isinstance(type, Pointer):
            vector = isinstance(type, Record) and type.name in VECTORS
            remedy = "write .x, .y, .z or .w behind it in place of brackets" if vector else ""
            raise Wrong(f"a pointer or an array is needed here; this is a {type}", place, remedy)
        if plain(type.target) == VOID:
            raise Wrong("what a void * points to has no type", place, "cast it to the pointer that it is")
        return Typed(type.target, lvalue=True)

    def _postfix(self, node: syntax.Postfix) -> Typed:
        given = self.type(node.operand)
        return Typed(plain(self._step(node, given).type))

    def _step(self, node: syntax.Unary | syntax.Postfix, given: Typed) -> Typed:
        """Check `++` or `--`."""
        self._change(node.operand, given, node.place)
        if plain(given.type) == TRUTH:
            raise Wrong(f"'{node.operator}' cannot be used with a bool", node.place, "assign true or false")
        self._arithmetic(node.operator[0], given, Typed(INT, constant=True), node.place)
        return given

    def _binary(self, node: syntax.Binary) -> Typed:
        left, right = self.type(node.left), self.type(node.right)
        if own := self._operator(node, node.operator, (node.left, node.right), (left, right)):
            return own
        if node.operator == ",":
            return right
        if node.operator in ("&&", "||"):
            self.fits(left, TRUTH, node.left.place)
            self.fits(right, TRUTH, node.right.place)
            return Typed(TRUTH, constant=left.constant and right.constant)
        return self._arithmetic(node.operator, left, right, node.place)

    def _arithmetic(self, operator: str, left: Typed, right: Typed, place: syntax.Place) -> Typed:
        first, second = decayed(left.type), decayed(right.type)
        if UNKNOWN in (first, second):
            return Typed(UNKNOWN, constant=left.constant and right.constant)
        if isinstance(first, Pointer) or isinstance(second, Pointer):
            return self._pointers(operator, left, right, place)
        if operator in _COMPARISONS and first == second and isinstance(first, Enum):
            return Typed(TRUTH, constant=left.constant and right.constant)
        one, other = scalar(first), scalar(second)
        if one is None or other is None:
            wrong, type = (left, other) if one is None else (right, one)
            raise misfit(wrong, INT if type is None else arithmetic(type, type), place)
        if operator in _FOR_INTEGERS and not (isinstance(one, Int) and isinstance(other, Int)):
            remedy = "use fmodf() for the remainder of floats" if operator == "%" else "convert the float to int"
            raise Wrong(f"'{operator}' is for integers; this is a {first} and a {second}", place, remedy)
        shift = operator in ("<<", ">>")
        made = TRUTH if operator in _COMPARISONS else arithmetic(one, one if shift else other)
        return Typed(made, constant=left.constant and right.constant)

    def _pointers(self, operator: str, left: Typed, right: Typed, place: syntax.Place) -> Typed:
        first, second = decayed(left.type), decayed(right.type)
        if isinstance(first, Pointer) and isinstance(second, Pointer):
            any = operator in _COMPARISONS and VOID in (plain(first.target), plain(second.target))
            if operator in (*_COMPARISONS, "-") and (any or same(first.target, second.target)):
                return Typed(DIFFERENCE if operator == "-" else TRUTH)
        elif operator in _COMPARISONS and (left.null or right.null):
            return Typed(TRUTH)
        elif operator == "+" or (operator == "-" and isinstance(first, Pointer)):
            pointer, other = (first, second) if isinstance(first, Pointer) else (second, first)
            if not isinstance(scalar(other), Int):
                raise Wrong(f"an index must be an integer; this is a {other}", place)
            self._pointed(pointer, place)
            return Typed(pointer)
        raise Wrong(f"'{operator}' cannot be used with a {first} and a {second}", place)

    def _conditional(self, node: syntax.Conditional) -> Typed:
        self.condition(node.condition)
        then, otherwise = self.type(node.then), self.type(node.otherwise)
        constant = then.constant and otherwise.constant and self.type(node.condition).constant
        if then.type == otherwise.type and then.lvalue and otherwise.lvalue:
            return Typed(then.type, True, constant=constant)
        first, second = decayed(then.type), decayed(otherwise.type)
        if UNKNOWN in (first, second):
            return Typed(UNKNOWN, constant=constant)
        one, other = scalar(first), scalar(second)
        if one is not None and other is not None:
            return Typed(first if first == second else arithmetic(one, other), constant=constant)
        if conversion(otherwise, first) is not None and isinstance(first, Pointer):
            return Typed(first)
        if conversion(then, second) is not None and isinstance(second, Pointer):
            return Typed(second)
        if first != second:
            raise Wrong(f"'?:' cannot choose between a {first} and a {second}", node.place)
        return Typed(first)

    def _assign(self, node: syntax.Assign) -> Typed:
        target = self.type(node.target)
        if isinstance(node.value, syntax.Braced):
            self._type_of_braces(node.value, target.type)
        value = self.type(node.value)
        if node.operator and (
            own := self._operator(node, f"{node.operator}=", (node.target, node.value), (target, value))
        ):
            return own
        self._change(node.target, target, node.place)
        if node.operator:
            value = self._arithmetic(node.operator, target, value, node.place)
        if isinstance(target.type, Array):
            raise Wrong("an array cannot be assigned to", node.place, "set its elements, in a loop")
        self.fits(value, target.type, node.place)
        return target

    def _change(self, node: syntax.Expression, given: Typed, place: syntax.Place) -> None:
        """Check that a value may be assigned to."""
        if not given.lvalue:
            raise Wrong("this cannot be assigned to, nor its address be taken", place)
        if given.type.const:
            what = f"'{_root(node)}'" if _root(node) else "this"
            remedy = "write to a variable or a pointer that is not const"
            raise Wrong(f"{what} is const and cannot be assigned to", place, remedy)

    def _operator(
        self,
        node: syntax.Binary | syntax.Unary | syntax.Assign,
        operator: str,
        operands: tuple[syntax.Expression, ...],
        given: tuple[Typed, ...],
    ) -> Typed | None:
        """Return the result of an operator that the author defines for a structure; None if it is not one."""
        if operator == "&" and len(given) == 1:
            return None
        records = [type for each in given if isinstance(type := plain(each.type), Record)]
        own = self.functions.get(f"operator{operator}", []) if records else []
        own = [each for each in own if len(each.parameters) == len(given)]
        if not own:
            if records and operator != ",":
                raise Wrong(*_no_operator(operator, records[0], node.place))
            return None
        call = syntax.Call(f"operator{operator}", operands, node.place)
        signature = self.overload(call, own, list(given))

        self.replaced[id(node)] = lambda made, names: replace(call, name=names[id(call)], arguments=_operands(made))
        return Typed(signature.result)

    # ---- parts

    def _index(self, node: syntax.Index) -> Typed:
        first, second = self.value(node.array), self.value(node.index)
        if isinstance(second, Pointer):
            first, second = second, first
        found = self._pointed(first, node.place)
        if second != UNKNOWN and not isinstance(scalar(second), Int):
            raise Wrong(f"an index must be an integer; this is a {second}", node.place)
        return found

    def _member(self, node: syntax.Member) -> Typed:
        whole = self.type(node.object)
        type = whole.type
        if plain(type) == UNKNOWN:
            return Typed(UNKNOWN, lvalue=True)
        fields = self.fields.get(type.name, {}) if isinstance(type, Record) else {}
        if isinstance(type, Pointer):
            raise Wrong(f"a pointer has no fields; this is a {type}", node.place, "write -> instead of .")
        if node.name not in fields and isinstance(type, Record) and (found := self._unnamed(type, node.name)):
            path, inner = found
            self.replaced[id(node)] = lambda made, names: _with_path(made, path)
            return Typed(with_const(inner, type.const), whole.lvalue)
        if node.name not in fields:
            raise Wrong(
                f"a {plain(type)} has no field '{node.name}'{meant_or_known(node.name, list(fields))}", node.place
            )
        return Typed(with_const(fields[node.name], type.const), whole.lvalue)

    def _unnamed(self, type: Record, name: str) -> tuple[tuple[str, ...], Type] | None:
        """Return the fields without names that lead to a field, and its type; None if there is none."""
        for field, inner in self.fields.get(type.name, {}).items():
            if syntax.UNNAMED in field and isinstance(inner, Record):
                if (own := self.fields.get(inner.name, {}).get(name)) is not None:
                    return (field,), own
                if found := self._unnamed(inner, name):
                    return (field, *found[0]), found[1]
        return None

    def _type_of_braces(self, node: syntax.Braced, target: Type) -> None:
        """Give the braces in `p = {x, y}` the type of p."""
        written = as_written(plain(target), node.place)
        if isinstance(node.type, syntax.NamedType) and node.type.name == "auto" and written is not None:
            self.braced[id(node)] = written
            self.replaced[id(node)] = lambda made, names: replace(made, type=written)

    def _braced(self, node: syntax.Braced) -> Typed:
        type = plain(self.resolve(self.braced.get(id(node), node.type)))
        if type in (UNKNOWN, VOID) or isinstance(type, Pointer | Array):
            raise Wrong("values in braces make a struct or a number here", node.place, "declare a variable with them")
        return Typed(type, constant=self.braces(node.values, type))

    def _size(self, node: syntax.SizeOf) -> Typed:
        written = isinstance(node.of, syntax.NamedType | syntax.PointerType | syntax.ArrayType | syntax.ReferenceType)
        if not written:
            self.type(node.of)  # type: ignore[arg-type]
        return Typed(SIZE, constant=True)

    # ---- casts and calls

    def _cast(self, node: syntax.Cast) -> Typed:
        wanted, given = self.resolve(node.type), self.type(node.value)
        source = decayed(given.type)
        null = given.null and isinstance(scalar(wanted), Int)
        made = Typed(wanted, isinstance(node.type, syntax.ReferenceType), null, given.constant)
        if UNKNOWN in (source, plain(wanted)) or plain(wanted) == VOID:
            return made
        if isinstance(source, Pointer) and isinstance(wanted, Pointer):
            self._cast_pointer(node, given, source, wanted)
        elif conversion(given, wanted) is None and not _castable(source, wanted) and not made.lvalue:
            raise misfit(given, wanted, node.place)
        elif node.word and not made.lvalue:
            self._cast_number(node, given, source, wanted)
        return made

    def _cast_number(self, node: syntax.Cast, given: Typed, source: Type, wanted: Type) -> None:
        """Check a named cast, like static_cast, between numbers or between a pointer and a number."""
        pointers = isinstance(source, Pointer) or isinstance(wanted, Pointer)
        if node.word == "static_cast" and pointers and conversion(given, wanted) is None:
            raise Wrong(f"static_cast cannot turn a {source} into a {wanted}", node.place, "use reinterpret_cast")
        if node.word == "reinterpret_cast" and not pointers and source != plain(wanted):
            remedy = "use static_cast, or __float_as_int() and its like for the bits"
            raise Wrong(f"reinterpret_cast cannot turn a {source} into a {wanted}", node.place, remedy)

    def _cast_pointer(self, node: syntax.Cast, given: Typed, source: Pointer, wanted: Pointer) -> None:
        if node.word == "static_cast" and conversion(given, wanted) is None:
            back = plain(source.target) == VOID and (wanted.target.const or not source.target.const)
            if not back:
                message, _ = why_not(given, wanted)
                raise Wrong(message, node.place, "use reinterpret_cast between types, const_cast for const")
        if node.word == "reinterpret_cast" and source.target.const and not wanted.target.const:
            raise Wrong(f"reinterpret_cast cannot take const away from a {source}", node.place, "keep the target const")
        if node.word == "const_cast" and not same(source, wanted):
            raise Wrong(f"const_cast cannot turn a {source} into a {wanted}", node.place, "use reinterpret_cast")


def _with_path(node: syntax.Member, path: tuple[str, ...]) -> syntax.Member:
    """Return a member expression with the fields without names that lead to the field written out."""
    whole = node.object
    for name in path:
        whole = syntax.Member(whole, name, node.place)
    return replace(node, object=whole)


def _root(node: syntax.Expression) -> str:
    while isinstance(node, syntax.Member | syntax.Index | syntax.Unary):
        if isinstance(node, syntax.Member):
            node = node.object
        else:
            node = node.array if isinstance(node, syntax.Index) else node.operand
    return node.name if isinstance(node, syntax.Name) else ""


def _operands(node: syntax.Binary | syntax.Unary | syntax.Assign) -> tuple[syntax.Expression, ...]:
    match node:
        case syntax.Binary(_, left, right) | syntax.Assign(_, left, right):
            return left, right
    return (node.operand,)


def _no_operator(operator: str, type: Type, place: syntax.Place) -> tuple[str, syntax.Place, str]:
    """Return the message, place and remedy for an operator that a structure does not have."""
    vector = isinstance(type, Record) and type.name in VECTORS
    remedy = 'use its fields, or #include "helper_math.h"' if vector else f"use its fields, or write operator{operator}"
    remedy = "write __half2float(...)" if isinstance(type, Record) and type.name == "__half" else remedy
    return f"a number is needed here; this is a {type}", place, remedy


def _castable(source: Type, wanted: Type) -> bool:
    """Return whether a cast may convert one type to another that C++ does not convert implicitly."""
    if isinstance(source, Pointer):
        number = scalar(wanted)
        return isinstance(number, Int) and number.bits in (1, 64)
    if isinstance(wanted, Pointer):
        return isinstance(scalar(source), Int)
    if isinstance(source, Enum):
        return scalar(wanted) is not None or isinstance(wanted, Enum)
    return isinstance(wanted, Enum) and scalar(source) is not None


_CHECKS: dict[type, Callable[[ExpressionChecker, Any], Typed]] = {
    syntax.NumberLiteral: ExpressionChecker._number,
    syntax.StringLiteral: ExpressionChecker._string,
    syntax.Name: ExpressionChecker._name,
    syntax.Unary: ExpressionChecker._unary,
    syntax.Postfix: ExpressionChecker._postfix,
    syntax.Binary: ExpressionChecker._binary,
    syntax.Conditional: ExpressionChecker._conditional,
    syntax.Assign: ExpressionChecker._assign,
    syntax.Cast: ExpressionChecker._cast,
    syntax.SizeOf: ExpressionChecker._size,
    syntax.Call: ExpressionChecker.call,
    syntax.Index: ExpressionChecker._index,
    syntax.Member: ExpressionChecker._member,
    syntax.Braced: ExpressionChecker._braced,
}
