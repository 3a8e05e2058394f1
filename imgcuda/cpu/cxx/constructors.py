"""Constructors of Clang's tree as functions of ours that return the object, and the expressions that call them."""

from __future__ import annotations

from imgcuda.cpu.cxx.nodes import Node, Untranslatable, has, inner, is_own, kind, last, spelling, spelling_of
from imgcuda.cpu.cxx.translate_calls import announce_lambdas, made_call
from imgcuda.cpu.cxx.translate_expressions import address, braces
from imgcuda.cpu.cxx.translate_records import base_field, field_name, has_fields
from imgcuda.cpu.cxx.translation import THIS, Translation
from imgcuda.cpu.cxx.tree_index import without_spaces
from imgcuda.cpu.cxx.type_reader import length_of, name_of
from imgcuda.frontend import syntax
from imgcuda.frontend.syntax import Expression, Place


def constructed(t: Translation, node: Node) -> Expression | syntax.Initializer | None:
    """Return the value that a constructor makes; None if it leaves the object as it is."""
    place, arguments = t.place(node), inner(node)
    type = t.type(node)
    if isinstance(type, syntax.ArrayType):
        return _array(t, node, type)
    record = t.record(spelling(node), place)
    constructor = _constructor(t, record, node) if record is not None else None
    if arguments and (constructor is None or _copies(constructor)):
        return t.expression(arguments[0])
    if constructor is None or _copies(constructor) or _is_empty(constructor):
        return syntax.Braced(type, syntax.Initializer((), place), place) if _zeroes(node) else None
    announce_lambdas(t, arguments)
    return made_call(t, t.function(constructor), [], arguments, place)


def _zeroes(node: Node) -> bool:
    return bool(node.get("zeroing")) or (bool(node.get("list")) and not inner(node))


def _array(t: Translation, node: Node, type: syntax.ArrayType) -> syntax.Initializer | None:
    """Return the values of an array of objects that are all made by one constructor."""
    element = spelling(node).partition("[")[0].strip()
    alike = {**node, "type": {"qualType": element}}
    if constructed(t, alike) is None:
        return None
    if isinstance(type.element, syntax.ArrayType):
        raise Untranslatable("an array of arrays of objects", t.place(node), "use one array, and compute the index")
    # Each call is a node of its own: the CPU engine tells calls apart by their nodes.
    made = (constructed(t, alike) for _ in range(length_of(type) or 0))
    return syntax.Initializer(tuple(each for each in made if each is not None), t.place(node))


def _constructor(t: Translation, record: Node, node: Node) -> Node | None:
    """Return the constructor that an expression calls: Clang gives only its type."""
    wanted = without_spaces(node["ctorType"]["qualType"])
    members = [part for each in inner(record) for part in _members(each)]
    found = [each for each in members if kind(each) == "CXXConstructorDecl" and _spelled(each) == wanted]
    used = [each for each in found if each.get("isUsed") or each.get("isReferenced")] or found
    if len(used) > 1:
        raise Untranslatable("several constructors take this", t.place(node), "make a __device__ function of one")
    return used[0] if used else None


def _members(node: Node) -> list[Node]:
    return inner(node) if kind(node) == "FunctionTemplateDecl" else [node]


def _spelled(node: Node) -> str:
    return without_spaces(str(node["type"]["qualType"]))


def _copies(constructor: Node) -> bool:
    """Return whether a constructor copies or moves all of an object, as Clang's own do."""
    return not is_own(constructor) and has(constructor, "ParmVarDecl")


def _is_empty(constructor: Node) -> bool:
    return not is_own(constructor) and not has(constructor, "CXXCtorInitializer")


def _construct(t: Translation, node: Node) -> Expression:
    """Return an object as an expression; one that is left as it is has zeros, as good as any values."""
    made = constructed(t, node)
    if isinstance(made, syntax.Initializer) or made is None:
        place = t.place(node)
        return syntax.Braced(t.type(node), made or syntax.Initializer((), place), place)
    return made


# ---- the body of a constructor


def initializers(t: Translation, constructor: Node, record: Node, place: Place) -> list[syntax.Statement]:
    """Return the statements that declare the object and give its bases and fields their first values."""
    this = syntax.Name(THIS, place)
    type = syntax.NamedType(t.structures[record["id"]], place)
    made: list[syntax.Statement] = [syntax.Declaration(THIS, type, None, place)]
    for each in inner(constructor):
        if kind(each) == "CXXCtorInitializer":
            made += _initializer(t, each, this)
    return made


def _initializer(t: Translation, node: Node, this: syntax.Name) -> list[syntax.Statement]:
    value = last(node)
    place = t.place(value) if value.get("range") else this.place
    if "delegatingInit" in node:
        return [syntax.Evaluate(syntax.Assign("", this, t.expression(value), place), place)]
    if "baseInit" in node:
        base = t.record(spelling_of(node["baseInit"]), place)
        assert base is not None
        target: Expression = syntax.Member(this, base_field(name_of(base)), place)
        return _set(t, target, value, place) if has_fields(base) else []
    field = t.index.by_id[node["anyInit"]["id"]]
    target = syntax.Member(this, field_name(t, field), place)
    if str(field["type"]["qualType"]).endswith("&"):
        pointer = address(t, t.expression(value), place)
        return [syntax.Evaluate(syntax.Assign("", target, pointer, place), place)]
    return _set(t, target, value, place)


def _set(t: Translation, target: Expression, value: Node, place: Place) -> list[syntax.Statement]:
    """Return the statements that give a field its first value; an array's elements are set one by one."""
    while kind(value) in ("CXXDefaultInitExpr", "ExprWithCleanups", "ConstantExpr") and inner(value):
        value = last(value)
    if kind(value) == "CXXConstructExpr":
        made = constructed(t, value)
        if made is None:
            return []
        if isinstance(made, syntax.Initializer):
            return _set_elements(target, list(made.values), place)
        return [syntax.Evaluate(syntax.Assign("", target, made, place), place)]
    type = t.type(value)
    if isinstance(type, syntax.ArrayType):
        return _set_array(t, target, value, type, place)
    return [syntax.Evaluate(syntax.Assign("", target, t.expression(value), place), place)]


def _set_array(
    t: Translation, target: Expression, value: Node, type: syntax.ArrayType, place: Place
) -> list[syntax.Statement]:
    """Return the statements that set a field that is an array: by a table of its values, copied element by element."""
    given = braces(t, value) if kind(value) == "InitListExpr" else syntax.Initializer((), place)
    if kind(value) not in ("InitListExpr", "ImplicitValueInitExpr"):
        raise Untranslatable("an array as the first value of a field", place, "set its elements in a loop")
    name = "values of a field"
    table = syntax.Declaration(name, type, given, place)
    if isinstance(type.element, syntax.ArrayType):
        raise Untranslatable("an array of arrays as the first value of a field", place, "set its elements in a loop")
    numbers = [syntax.NumberLiteral(n, "int", place) for n in range(length_of(type) or 0)]
    values: list[Expression] = [syntax.Index(syntax.Name(name, place), n, place) for n in numbers]
    return [syntax.Block((table, *_set_elements(target, values, place)), place)]


def _set_elements(
    target: Expression, values: list[Expression | syntax.Initializer] | list[Expression], place: Place
) -> list[syntax.Statement]:
    made: list[syntax.Statement] = []
    for number, value in enumerate(values):
        assert not isinstance(value, syntax.Initializer)
        element = syntax.Index(target, syntax.NumberLiteral(number, "int", place), place)
        made.append(syntax.Evaluate(syntax.Assign("", element, value, place), place))
    return made


CONSTRUCTORS = {"CXXConstructExpr": _construct, "CXXTemporaryObjectExpr": _construct}
