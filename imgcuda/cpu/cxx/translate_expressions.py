"""Expressions of Clang's tree as expressions of ours, apart from calls, constructors and lambdas.

Clang's implicit conversions between numbers are left out: our tree has none, and the CPU engine makes them itself.
"""

from __future__ import annotations

from imgcuda.cpu.cxx.nodes import (
    SAME,
    Node,
    Untranslatable,
    inner,
    is_reference,
    kind,
    last,
    spelling,
    spelling_of,
    unwrapped,
)
from imgcuda.cpu.cxx.translate_literals import LITERALS, null, zero
from imgcuda.cpu.cxx.translate_records import alignment_of, base_field, field_name, has_fields
from imgcuda.cpu.cxx.translate_variables import captured_variable, number_of, own_object, variable
from imgcuda.cpu.cxx.translation import THIS, Translation
from imgcuda.cpu.cxx.type_reader import name_of, target_of
from imgcuda.frontend import syntax
from imgcuda.frontend.syntax import Expression, Place


def _same(t: Translation, node: Node) -> Expression:
    return t.expression(last(node))


# ---- names and members


def _name(t: Translation, node: Node) -> Expression:
    return variable(t, node["referencedDecl"], t.place(node))


def _this(t: Translation, node: Node) -> Expression:
    return address(t, this_object(t, t.place(node)), t.place(node))


def this_object(t: Translation, place: Place) -> Expression:
    """Return the object that `this` points to: in a lambda, the one that it has captured."""
    captured = t.frame.captures.get(THIS)
    return own_object(t, place) if captured is None else captured_variable(t, captured, place)


def pointee(t: Translation, node: Node) -> Expression:
    """Return what a pointer of Clang's tree points to, as an lvalue."""
    plain = unwrapped(node)
    if kind(plain) == "CXXThisExpr":
        return _bases_of(t, node, this_object(t, t.place(plain)))
    pointer = t.expression(node)
    if isinstance(pointer, syntax.Unary) and pointer.operator == "&":
        return pointer.operand
    return syntax.Unary("*", pointer, t.place(node))


def _bases_of(t: Translation, node: Node, value: Expression) -> Expression:
    """Return the base of an object that the conversions around a node lead to."""
    steps = []
    while kind(node) != "CXXThisExpr":
        if kind(node) == "ImplicitCastExpr":
            steps.append(node)
        node = last(node)
    for each in reversed(steps):
        value = _base(t, each, value)
    return value


def _base(t: Translation, node: Node, value: Expression) -> Expression:
    """Return the base of an object, if a conversion is one from a class to its base; one without fields is no part."""
    if node.get("castKind") not in ("DerivedToBase", "UncheckedDerivedToBase"):
        return value
    place = t.place(node)
    empty = _empty_base(t, node)
    if empty is not None:
        return syntax.Braced(empty, syntax.Initializer((), place), place)
    for step in node.get("path", []):
        value = syntax.Member(value, base_field(step["name"].partition("<")[0]), place)
    return value


def _empty_base(t: Translation, node: Node) -> syntax.TypeName | None:
    """Return the type that a conversion to a base leads to, if it has no fields."""
    spelled = spelling(node).removesuffix("*").strip()
    record = t.record(spelled, t.place(node))
    return t.read_type(spelled, t.place(node)) if record is not None and not has_fields(record) else None


def address(t: Translation, value: Expression, place: Place) -> Expression:
    """Return the address of an lvalue of our tree; a reference that it is a part of must then be a pointer."""
    if isinstance(value, syntax.Unary) and value.operator == "*":
        return value.operand
    if isinstance(value, syntax.Conditional):
        then, otherwise = (address(t, each, place) for each in (value.then, value.otherwise))
        return syntax.Conditional(value.condition, then, otherwise, place)
    root: Expression = value
    while isinstance(root, syntax.Member):
        root = root.object
    if isinstance(root, syntax.Name) and root.name in t.frame.references:
        t.frame.taken.add(root.name)
    return syntax.Unary("&", value, place)


def _member(t: Translation, node: Node) -> Expression:
    found = t.index.by_id.get(node["referencedMemberDecl"])
    if found is not None and kind(found) in ("VarDecl", "EnumConstantDecl"):
        return variable(t, found, t.place(node))
    base = last(node)
    whole = pointee(t, base) if node.get("isArrow") else t.expression(base)
    name = name_of(node) if found is None else field_name(t, found)
    made: Expression = syntax.Member(whole, name, t.place(node))
    if found is not None and is_reference(spelling(found)):
        made = syntax.Unary("*", made, t.place(node))
    return made


def _index(t: Translation, node: Node) -> Expression:
    array, index = inner(node)
    return syntax.Index(t.expression(array), t.expression(index), t.place(node))


# ---- operators


def _unary(t: Translation, node: Node) -> Expression:
    operator, operand, place = node["opcode"], last(node), t.place(node)
    if operator == "*":
        return pointee(t, operand)
    if operator == "&":
        return address(t, t.expression(operand), place)
    if operator == "__extension__":
        return t.expression(operand)
    if node.get("isPostfix"):
        return syntax.Postfix(operator, t.expression(operand), place)
    return syntax.Unary(operator, t.expression(operand), place)


def _binary(t: Translation, node: Node) -> Expression:
    operator, place = node["opcode"], t.place(node)
    if operator in (".*", "->*"):
        raise Untranslatable("pointers to members are not in the portable subset", place)
    left, right = map(t.expression, inner(node))
    if operator == "=":
        return syntax.Assign("", left, right, place)
    return syntax.Binary(operator, left, right, place)


def _compound(t: Translation, node: Node) -> Expression:
    left, right = map(t.expression, inner(node))
    return syntax.Assign(node["opcode"].removesuffix("="), left, right, t.place(node))


def _conditional(t: Translation, node: Node) -> Expression:
    condition, then, otherwise = map(t.expression, inner(node))
    return syntax.Conditional(condition, then, otherwise, t.place(node))


def _size(t: Translation, node: Node) -> Expression:
    place = t.place(node)
    type = node.get("argType") or last(node)["type"]
    written = target_of(t.read_type(spelling_of(type), place))
    if node["name"] == "sizeof":
        return syntax.SizeOf(written, place)
    return number_of(alignment_of(t, written), "unsigned long long", place)


# ---- conversions


def _implicit(t: Translation, node: Node) -> Expression:
    if node.get("castKind") == "NullToPointer":
        return null(t.place(node))
    if node.get("castKind") == "PointerToBoolean":
        return _is_there(t, last(node), t.place(node))
    if node.get("castKind") == "IntegralToPointer":
        return syntax.Cast(t.type(node), t.expression(last(node)), t.place(node))
    if node.get("castKind") in ("DerivedToBase", "UncheckedDerivedToBase"):
        if node.get("valueCategory") == "prvalue":
            place = t.place(node)
            return address(t, _base(t, node, pointee(t, last(node))), place)
        return _base(t, node, t.expression(last(node)))
    return t.expression(last(node))


def _is_there(t: Translation, pointer: Node, place: Place) -> Expression:
    """Return whether a pointer is not null; a string, as asserts have it for people, never is."""
    if kind(unwrapped(pointer)) == "StringLiteral":
        return syntax.NumberLiteral(1, "bool", place)
    return syntax.Binary("!=", t.expression(pointer), null(place), place)


def _cast(t: Translation, node: Node) -> Expression:
    """Return a cast that the author wrote."""
    if node.get("valueCategory") != "prvalue" or node.get("castKind") in (
        "ConstructorConversion",
        "UserDefinedConversion",
    ):
        return t.expression(last(node))
    type = t.type(node)
    if isinstance(type, syntax.NamedType) and type.name == "void":
        return syntax.Cast(type, t.expression(last(node)), t.place(node))
    if (
        node.get("castKind") == "NoOp"
        and isinstance(type, syntax.NamedType)
        and t.record(spelling(node), t.place(node))
    ):
        return t.expression(last(node))
    return syntax.Cast(type, t.expression(last(node)), t.place(node))


# ---- values in braces


def braces(t: Translation, node: Node) -> syntax.Initializer:
    """Return values in braces; those of parts that are structures and arrays keep their own braces."""
    values = node.get("array_filler", [])[1:] or inner(node)
    names = (field_name(t, t.index.by_id[node["field"]["id"]]),) if "field" in node and values else ()
    return syntax.Initializer(tuple(_part(t, each) for each in values), t.place(node), names)


def _part(t: Translation, node: Node) -> Expression | syntax.Initializer:
    while kind(node) == "CXXDefaultInitExpr" and inner(node):
        node = last(node)
    if kind(node) == "InitListExpr" and _has_parts(t, node):
        return braces(t, node)
    if kind(node) == "ImplicitValueInitExpr" and _has_parts(t, node):
        return syntax.Initializer((), t.place(node))
    return t.expression(node)


def _has_parts(t: Translation, node: Node) -> bool:
    type = t.type(node)
    return isinstance(type, syntax.ArrayType) or t.record(spelling(node), t.place(node)) is not None


def _braced(t: Translation, node: Node) -> Expression:
    if not _has_parts(t, node):
        return t.expression(last(node)) if inner(node) else zero(t, node)
    return syntax.Braced(t.type(node), braces(t, node), t.place(node))


EXPRESSIONS = {
    **dict.fromkeys(
        [*SAME, "SubstNonTypeTemplateParmExpr", "CXXStdInitializerListExpr", "CXXRewrittenBinaryOperator"], _same
    ),
    **LITERALS,
    "DeclRefExpr": _name,
    "CXXThisExpr": _this,
    "MemberExpr": _member,
    "ArraySubscriptExpr": _index,
    "UnaryOperator": _unary,
    "BinaryOperator": _binary,
    "CompoundAssignOperator": _compound,
    "ConditionalOperator": _conditional,
    "UnaryExprOrTypeTraitExpr": _size,
    "ImplicitCastExpr": _implicit,
    "CStyleCastExpr": _cast,
    "CXXStaticCastExpr": _cast,
    "CXXFunctionalCastExpr": _cast,
    "CXXReinterpretCastExpr": _cast,
    "CXXConstCastExpr": _cast,
    "InitListExpr": _braced,
    "CXXParenListInitExpr": _braced,
}
