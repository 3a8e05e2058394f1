"""Lambdas of Clang's tree as structures of what they have captured, and as functions that take these.

A variable that is captured by reference and set once is kept as its value: that is the same, and needs no address.
"""

from __future__ import annotations

from imgcuda.cpu.cxx.nodes import Node, Untranslatable, inner, is_reference, kind, last, spelling, unwrapped, walk
from imgcuda.cpu.cxx.translate_expressions import address
from imgcuda.cpu.cxx.translate_variables import local_name
from imgcuda.cpu.cxx.translation import THIS, Capture, Translation
from imgcuda.cpu.cxx.type_reader import target_of
from imgcuda.frontend import syntax
from imgcuda.frontend.syntax import Expression, Place, TypeName


def _lambda(t: Translation, node: Node) -> Expression:
    record, *given = inner(node)
    given = [each for each in given if kind(each) != "CompoundStmt"]
    fields = [each for each in inner(record) if kind(each) == "FieldDecl"]
    place = t.place(node)
    news = _new_variables(t, node)
    captures: dict[str, Capture] = {}
    types: list[tuple[str, TypeName]] = []
    values: list[Expression] = []
    for number, (field, value) in enumerate(zip(fields, given, strict=True)):
        key = _variable(value, node) or _new_one(t, news, field, value)
        name, type, made, pointer = _captured(t, key, field, value, number)
        types.append((name, type))
        values.append(made)
        captures[key] = Capture(name, pointer)
    _declare(t, record, tuple(types), captures, spelling(node), place)
    named = syntax.NamedType(t.structures[record["id"]], place)
    return syntax.Braced(named, syntax.Initializer(tuple(values), place), place)


def _declare(
    t: Translation,
    record: Node,
    fields: tuple[tuple[str, TypeName], ...],
    captures: dict[str, Capture],
    spelled: str,
    place: Place,
) -> None:
    """Declare the structure of a lambda, and note its type for the expressions that are translated after it."""
    t.lambdas[spelled.removeprefix("const ")] = record["id"]
    if record["id"] not in t.structures:
        t.structures[record["id"]] = name = t.unique(f"lambda of line {place.line}")
        t.unit.structures.append(syntax.Structure(name, fields, place))
    t.closures[record["id"]] = captures


def _variable(value: Node, node: Node) -> str | None:
    """Return the id of the variable that a capture is of; None if it is a new one, as in `[n = 2 * m]`."""
    plain = unwrapped(value)
    while kind(plain) == "CXXConstructExpr" and inner(plain):
        plain = unwrapped(last(plain))
    if kind(plain) == "CXXThisExpr":
        return THIS
    if kind(plain) == "UnaryOperator" and kind(unwrapped(last(plain))) == "CXXThisExpr":
        return THIS
    found = str(plain["referencedDecl"]["id"]) if kind(plain) == "DeclRefExpr" else ""
    return found if found in {each["id"] for each in _names(node)} else None


def _names(node: Node) -> list[Node]:
    """Return the variables that the body of a lambda names, in their order."""
    return [each["referencedDecl"] for each in walk(last(node)) if kind(each) == "DeclRefExpr"]


def _new_variables(t: Translation, node: Node) -> dict[str, str]:
    """Return the variables that a lambda declares in its brackets, with their types: Clang's tree lacks these."""
    named = (each for each in _names(node) if each["kind"] == "VarDecl" and each["id"] not in t.index.by_id)
    return {each["id"]: str(each["type"]["qualType"]) for each in named}


def _new_one(t: Translation, news: dict[str, str], field: Node, value: Node) -> str:
    """Return the id of the new variable that a field is for; an empty string if the body does not use it."""
    type = str(field["type"]["qualType"]).rstrip("& ")
    found = [key for key, each in news.items() if each.rstrip("& ") == type]
    if len(found) > 1:
        raise Untranslatable(
            "several variables of one type that a lambda declares in its brackets",
            t.place(value),
            "declare them before the lambda",
        )
    return found[0] if found else ""


def _captured(
    t: Translation, key: str, field: Node, value: Node, number: int
) -> tuple[str, TypeName, Expression, bool]:
    """Return a captured variable's field, its type, its first value, and whether it is a pointer to the variable."""
    place = t.place(value)
    type = target_of(t.read_type(spelling(field), place))
    if key == THIS:
        this = t.expression(value)
        pointer = isinstance(type, syntax.PointerType)
        return THIS, type, this, pointer
    declared = t.index.by_id.get(key, {})
    name = f"{local_name(t, declared) if declared else 'variable'} {number}"
    made = t.expression(value)
    if isinstance(type, syntax.ArrayType) and not is_reference(spelling(field)):
        raise Untranslatable("an array that a lambda copies", place, "capture it by reference: [&]")
    outer_is_array = isinstance(type, syntax.ArrayType)
    if is_reference(spelling(field)) and (outer_is_array or key in t.index.changed):
        return name, syntax.PointerType(type), address(t, made, place), True
    return name, type, made, False


LAMBDAS = {"LambdaExpr": _lambda}
