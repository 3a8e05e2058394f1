"""Statements and declarations of Clang's tree as statements of ours."""

from __future__ import annotations

from imgcuda.cpu.cxx.constructors import constructed
from imgcuda.cpu.cxx.nodes import Node, Untranslatable, has, inner, kind, last, spelling, unwrapped
from imgcuda.cpu.cxx.translate_expressions import address
from imgcuda.cpu.cxx.translate_records import nameless_record, structure
from imgcuda.cpu.cxx.translation import THIS, Translation
from imgcuda.cpu.cxx.type_reader import is_const, length_of, name_of, target_of
from imgcuda.frontend import syntax
from imgcuda.frontend.syntax import Expression, Statement, TypeName

_IGNORED = frozenset(
    ["CXXRecordDecl", "TypedefDecl", "TypeAliasDecl", "UsingDecl", "UsingDirectiveDecl", "StaticAssertDecl",
     "EnumDecl", "EmptyDecl", "UsingShadowDecl", "UsingEnumDecl", "FunctionDecl", "BindingDecl"]
)  # fmt: skip
"""The declarations in a function that become nothing here."""


def _block(t: Translation, node: Node) -> list[Statement]:
    items = [made for each in inner(node) for made in t.statements(each)]
    return [syntax.Block(tuple(items), t.place(node))]


def _empty(t: Translation, node: Node) -> list[Statement]:
    return []


# ---- declarations


def _declarations(t: Translation, node: Node) -> list[Statement]:
    made: list[Statement] = []
    for each in inner(node):
        if kind(each) in ("VarDecl", "DecompositionDecl"):
            made += declared(t, each)
        elif kind(each) not in _IGNORED:
            raise Untranslatable("this declaration is not in the portable subset", t.place(each))
    return made


def declared(t: Translation, node: Node) -> list[Statement]:
    """Return the declaration of a variable of a function."""
    t.require_sound(node)
    place, name = t.place(node), _named(t, node)
    value = next((each for each in inner(node) if not kind(each).endswith(("Attr", "Decl"))), None)
    if value is not None and "(lambda" in spelling(node):
        t.expression(value)  # the lambda's type, which the variable has, is known from here on
    type = _type(t, node)
    if node["id"] in t.index.shared_in_lambdas:
        return []  # it is declared outside of the function, where it is named first
    if has(node, "CUDASharedAttr"):
        external = node.get("storageClass") == "extern"
        return [syntax.Declaration(name, type, None, place, "shared", external=external)]
    if isinstance(type, syntax.ReferenceType):
        assert value is not None
        return [_reference(t, node, name, type, value)]
    if node.get("storageClass") == "static" and not is_const(type):
        raise Untranslatable("a static variable of a function", place, "pass a pointer to memory for it")
    first = None if value is None else _first(t, value)
    return [syntax.Declaration(name, type, first, place, "", is_const(type), constexpr=bool(node.get("constexpr")))]


def _named(t: Translation, node: Node) -> str:
    """Return the name that a variable of a function has in our tree, and let the function know it."""
    name = t.frame.names[node["id"]] = name_of(node) or f"parts of line {t.place(node).line}"
    return name


def _type(t: Translation, node: Node) -> TypeName:
    nameless = nameless_record(t, node)
    return t.type(node) if nameless is None else syntax.NamedType(structure(t, nameless), t.place(node))


def _first(t: Translation, value: Node) -> Expression | syntax.Initializer | None:
    """Return the first value of a variable; None if its constructor leaves it as it is."""
    while kind(value) in ("ExprWithCleanups", "MaterializeTemporaryExpr", "CXXBindTemporaryExpr") and inner(value):
        value = last(value)
    if kind(value) in ("CXXConstructExpr", "CXXTemporaryObjectExpr"):
        return constructed(t, value)
    if kind(value) == "InitListExpr":
        made = t.expression(value)
        return made.values if isinstance(made, syntax.Braced) else made
    return t.expression(value)


def _reference(t: Translation, node: Node, name: str, type: syntax.ReferenceType, value: Node) -> syntax.Declaration:
    """Return the declaration of a reference; one to a value without another name becomes a variable with the value."""
    place, target = t.place(node), type.target
    if spelling(node).endswith("&&") or kind(value) in ("MaterializeTemporaryExpr", "ExprWithCleanups"):
        return syntax.Declaration(name, target, _first(t, value), place)
    return _reference_to(t, name, type, t.expression(value), place)


def _reference_to(
    t: Translation, name: str, type: syntax.ReferenceType, value: Expression, place: syntax.Place
) -> syntax.Declaration:
    """Return the declaration of a reference to an lvalue: a pointer if the function needs its address."""
    if name in t.frame.pointers:
        return syntax.Declaration(name, syntax.PointerType(type.target), address(t, value, place), place)
    t.frame.references.add(name)
    return syntax.Declaration(name, type, value, place, const=is_const(type.target))


# ---- choices


def _if(t: Translation, node: Node) -> list[Statement]:
    before, (condition, *sides) = _start_and_rest(t, node)
    if node.get("isConstexpr"):
        made = _chosen(t, condition, sides)
    else:
        otherwise = t.statement(sides[1]) if len(sides) > 1 else None
        made = [syntax.If(t.expression(condition), t.statement(sides[0]), otherwise, t.place(node))]
    return _behind(before, made, t.place(node))


def _start_and_rest(t: Translation, node: Node) -> tuple[list[Statement], list[Node]]:
    """Return the declarations in the head of an `if` or `switch`, translated, and its other parts."""
    declared = bool(node.get("hasInit")) + bool(node.get("hasVar"))
    parts = inner(node)
    return [made for each in parts[:declared] for made in t.statements(each)], parts[declared:]


def _behind(before: list[Statement], made: list[Statement], place: syntax.Place) -> list[Statement]:
    """Return statements in a block with those before them, if there are any."""
    return [syntax.Block((*before, *made), place)] if before else made


def _chosen(t: Translation, condition: Node, sides: list[Node]) -> list[Statement]:
    """Return the side of `if constexpr` that is compiled."""
    holds = str(condition.get("value", "")) in ("true", "1")
    side = sides[0] if holds else sides[1] if len(sides) > 1 else None
    return [] if side is None else [t.statement(side)]


def _switch(t: Translation, node: Node) -> list[Statement]:
    before, (value, body) = _start_and_rest(t, node)
    items: list[Statement | syntax.Case] = []
    for each in inner(body) if kind(body) == "CompoundStmt" else [body]:
        items += _cases(t, each)
    made = syntax.Switch(t.expression(value), tuple(items), t.place(node))
    return _behind(before, [made], t.place(node))


def _cases(t: Translation, node: Node) -> list[Statement | syntax.Case]:
    if kind(node) not in ("CaseStmt", "DefaultStmt"):
        return [*t.statements(node)]
    if node.get("isGNURange"):
        raise Untranslatable("a range of cases is not in the portable subset", t.place(node), "write each case")
    value = t.expression(inner(node)[0]) if kind(node) == "CaseStmt" else None
    return [syntax.Case(value, t.place(node)), *_cases(t, last(node))]


# ---- loops


def _for(t: Translation, node: Node, unroll: int | None = None) -> list[Statement]:
    start, _, condition, step, body = inner(node)
    first = t.statements(start) if start else []
    place = t.place(node)
    made = syntax.Loop(
        _one(first, place) if first else None,
        t.expression(condition) if condition else None,
        t.expression(step) if step else None,
        t.statement(body),
        place,
        unroll=unroll,
    )
    return [made]


def _one(items: list[Statement], place: syntax.Place) -> Statement:
    if len(items) == 1:
        return items[0]
    return syntax.Declarations(tuple(each for each in items if isinstance(each, syntax.Declaration)), place)


def _while(t: Translation, node: Node, unroll: int | None = None) -> list[Statement]:
    if node.get("hasVar"):
        raise Untranslatable("a variable in the condition of 'while'", t.place(node), "declare it before the loop")
    condition, body = inner(node)
    return [syntax.Loop(None, t.expression(condition), None, t.statement(body), t.place(node), unroll=unroll)]


def _do(t: Translation, node: Node, unroll: int | None = None) -> list[Statement]:
    body, condition = inner(node)
    place = t.place(node)
    return [syntax.Loop(None, t.expression(condition), None, t.statement(body), place, test_last=True, unroll=unroll)]


def _for_each(t: Translation, node: Node, unroll: int | None = None) -> list[Statement]:
    """Return a loop over an array as one that counts its elements, and any other as C++ defines it."""
    start, over, begin, end, condition, step, element, body = inner(node)
    before = t.statements(start) if start else []
    place, range_ = t.place(node), inner(over)[0]
    over_type = target_of(t.type(range_))
    counted = length_of(over_type) if isinstance(over_type, syntax.ArrayType) else None
    if counted is not None:
        made = _counted(t, last(range_), counted, inner(element)[0], body, place, unroll)
    else:
        before += [*t.statements(over), *t.statements(begin), *t.statements(end)]
        inside = syntax.Block((*t.statements(element), t.statement(body)), place)
        made = syntax.Loop(None, t.expression(condition), t.expression(step), inside, place, unroll=unroll)
    return _behind(before, [made], place)


def _counted(
    t: Translation, array: Node, count: int, element: Node, body: Node, place: syntax.Place, unroll: int | None
) -> syntax.Loop:
    number = syntax.Name(f"element@{place.line}:{place.column}", place)
    int_type = syntax.NamedType("int", place)
    first = syntax.Declaration(number.name, int_type, syntax.NumberLiteral(0, "int", place), place)
    inside = syntax.Binary("<", number, syntax.NumberLiteral(count, "int", place), place)
    value: Expression = syntax.Index(t.expression(array), number, place)
    item = _element(t, element, value)
    block = syntax.Block((item, t.statement(body)), place)
    return syntax.Loop(first, inside, syntax.Unary("++", number, place), block, place, unroll=unroll)


def _element(t: Translation, node: Node, value: Expression) -> syntax.Declaration:
    """Return the declaration of a loop's element: a copy, or a reference."""
    place, type, name = t.place(node), t.type(node), _named(t, node)
    if isinstance(type, syntax.ReferenceType):
        return _reference_to(t, name, type, value, place)
    return syntax.Declaration(name, type, value, place, const=is_const(type))


def _attributed(t: Translation, node: Node) -> list[Statement]:
    """Return a statement with attributes; `#pragma unroll` is one, of its loop."""
    hints = [each for each in inner(node) if kind(each) == "LoopHintAttr"]
    loop = _LOOPS.get(kind(last(node)))
    if not hints or loop is None:
        return t.statements(last(node))
    number = unwrapped(inner(hints[0])[0]) if inner(hints[0]) else None
    while number is not None and inner(number):
        number = last(number)
    return loop(t, last(node), 0 if number is None else int(number.get("value", 0)))


# ---- jumps


def _return(t: Translation, node: Node) -> list[Statement]:
    place = t.place(node)
    if t.frame.constructor:
        return [syntax.Return(syntax.Name(THIS, place), place)]
    if not inner(node):
        return [syntax.Return(None, place)]
    value = t.expression(last(node))
    if spelling(last(node)) == "void":
        return [syntax.Evaluate(value, place), syntax.Return(None, place)]
    if t.frame.returns_reference:
        value = address(t, value, place)
    return [syntax.Return(value, place)]


def _break(t: Translation, node: Node) -> list[Statement]:
    return [syntax.Break(t.place(node))]


def _continue(t: Translation, node: Node) -> list[Statement]:
    return [syntax.Continue(t.place(node))]


_LOOPS = {"ForStmt": _for, "WhileStmt": _while, "DoStmt": _do, "CXXForRangeStmt": _for_each}
STATEMENTS = {
    "CompoundStmt": _block,
    "NullStmt": _empty,
    "DeclStmt": _declarations,
    "IfStmt": _if,
    "SwitchStmt": _switch,
    "AttributedStmt": _attributed,
    "ReturnStmt": _return,
    "BreakStmt": _break,
    "ContinueStmt": _continue,
    **_LOOPS,
}
