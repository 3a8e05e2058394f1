"""Functions, methods and constructors of Clang's tree as functions of ours."""

from __future__ import annotations

from collections.abc import Iterator

from imgcuda.cpu.cxx.constructors import initializers
from imgcuda.cpu.cxx.nodes import Node, Untranslatable, has, inner, is_reference, kind, last, spelling
from imgcuda.cpu.cxx.translate_records import structure
from imgcuda.cpu.cxx.translation import POINTER, REFERENCE, THIS, VALUE, FunctionFrame, Made, Translation
from imgcuda.cpu.cxx.type_reader import is_const, name_of
from imgcuda.cpu.semantics.builtins import is_builtin
from imgcuda.frontend import syntax
from imgcuda.frontend.syntax import Place, TypeName


def function(t: Translation, node: Node, name: str = "") -> Made:
    """Return what a function becomes; its body is translated first if it was not yet."""
    definition = t.index.definition(node)
    key = definition["id"]
    if key in t.made:
        known = t.made[key]
        if known is None:
            raise Untranslatable(f"{name_of(node)}() calls itself", t.place(node), "write it as a loop")
        return known
    t.made[key] = None
    t.require_sound(definition)
    if not has(definition, "CompoundStmt"):
        raise Untranslatable(
            f"{name_of(node)}() is declared and never defined", t.place(node), "define it in this file"
        )
    made, pointers = name or _unique_name(t, definition), frozenset[str]()
    while True:
        with t.within(_frame(t, definition, pointers)) as frame:
            result = _function(t, definition, made)
        if not frame.taken - pointers:
            break
        pointers |= frame.taken
    t.functions[made] = result
    t.made[key] = known = Made(made, _ways(definition, pointers), frame.returns_reference)
    return known


def _unique_name(t: Translation, node: Node) -> str:
    """Return a name for a function as its author reads it: a method's has the class in front."""
    record = t.index.record_of(node)
    name = name_of(node)
    if record is not None and record["id"] in t.closures:
        name = t.structures[record["id"]]
    elif record is not None and kind(node) != "CXXConstructorDecl":
        name = f"{name_of(record)}::{name}"
    return t.unique(f"{name}()" if is_builtin(name) else name)


def _frame(t: Translation, node: Node, pointers: frozenset[str]) -> FunctionFrame:
    frame = FunctionFrame(pointers, constructor=kind(node) == "CXXConstructorDecl")
    frame.returns_reference = is_reference(_returned(t, node)) and not frame.constructor
    record = t.index.record_of(node)
    if record is not None:
        frame.captures = t.closures.get(record["id"], {})
    if _takes_object(node) and THIS not in pointers:
        frame.references.add(THIS)
    return frame


def _takes_object(node: Node) -> bool:
    """Return whether a function is called on an object."""
    method = kind(node) in ("CXXMethodDecl", "CXXConversionDecl")
    return method and node.get("storageClass") != "static"


def _parameters(node: Node) -> list[Node]:
    return [each for each in inner(node) if kind(each) == "ParmVarDecl"]


def _ways(node: Node, pointers: frozenset[str]) -> tuple[str, ...]:
    ways = [POINTER if THIS in pointers else REFERENCE] if _takes_object(node) else []
    for number, each in enumerate(_parameters(node)):
        by_reference = is_reference(spelling(each)) and not spelling(each).endswith("&&")
        taken = _parameter_name(node, number) in pointers
        ways.append((POINTER if taken else REFERENCE) if by_reference else VALUE)
    return tuple(ways)


def _parameter_name(node: Node, number: int) -> str:
    """Return a parameter's name: one with no name of its own, and of the same name as another, has its number."""
    names = [name_of(each) for each in _parameters(node)]
    name = names[number]
    return name if name and names.count(name) == 1 else f"{name or 'argument'}_{number + 1}"


def _result(node: Node) -> str:
    """Return the type that a function returns, as Clang spells it: what stands before the arguments."""
    spelled = str(node["type"]["qualType"])
    if " -> " in spelled and spelled.startswith("auto"):
        return spelled.rpartition(" -> ")[2]
    depth = 0
    end = spelled.rindex(")")
    for position in range(end, -1, -1):
        depth += (spelled[position] == ")") - (spelled[position] == "(")
        if depth == 0:
            return spelled[:position].strip()
    return spelled


def _returned(t: Translation, node: Node) -> str:
    """Return the type that a function returns; of one that Clang spells as the author did, what its `return`s have.

    That may be an alias with arguments, as `std::enable_if_t<true, float>`.
    """
    spelled = _result(node)
    if not spelled.endswith(">") and "::" not in spelled and "> " not in spelled:
        return spelled
    try:
        t.read_type(spelled, t.place(node))
        return spelled
    except Untranslatable:
        value = next((last(each) for each in _statements(node) if kind(each) == "ReturnStmt" and inner(each)), None)
        if value is None:
            return "void"
        return spelling(value) + ("" if value.get("valueCategory") == "prvalue" else " &")


def _statements(node: Node) -> Iterator[Node]:
    """Yield the nodes of a function's body without those of lambdas in it."""
    yield node
    for each in inner(node):
        if kind(each) != "LambdaExpr":
            yield from _statements(each)


def _is_const_method(node: Node) -> bool:
    behind = str(node["type"]["qualType"]).rpartition(")")[2]
    return "const" in behind.split()


def _function(t: Translation, node: Node, name: str) -> syntax.Function:
    place = t.place(node)
    parameters = [*_object(t, node, place), *(_parameter(t, node, each) for each in range(len(_parameters(node))))]
    body = next(each for each in inner(t.index.definition(node)) if kind(each) == "CompoundStmt")
    made = t.statement(body)
    assert isinstance(made, syntax.Block)
    if t.frame.constructor:
        made = _constructor_body(t, node, made)
    result = _result_type(t, node, place)  # which may be a lambda's, and so is known now
    return syntax.Function(name, result, tuple(parameters), made, place, kernel=has(node, "CUDAGlobalAttr"))


def _constructor_body(t: Translation, node: Node, body: syntax.Block) -> syntax.Block:
    record = t.index.record_of(node)
    assert record is not None
    before = initializers(t, node, record, body.place)
    this = syntax.Return(syntax.Name(THIS, body.place), body.place)
    return syntax.Block((*before, body, this), body.place)


def _result_type(t: Translation, node: Node, place: Place) -> TypeName:
    if t.frame.constructor:
        record = t.index.record_of(node)
        assert record is not None
        return syntax.NamedType(structure(t, record), place)
    type = t.read_type(_returned(t, node), place)
    return syntax.PointerType(type.target) if isinstance(type, syntax.ReferenceType) else type


def _object(t: Translation, node: Node, place: Place) -> list[syntax.FunctionParameter]:
    """Return the parameter for the object of a method."""
    record = t.index.record_of(node)
    if not _takes_object(node) or record is None:
        return []
    const = _is_const_method(node)
    type = syntax.NamedType(structure(t, record), place, const)
    by: TypeName = syntax.PointerType(type) if THIS in t.frame.pointers else syntax.ReferenceType(type)
    return [syntax.FunctionParameter(THIS, by, place, const)]


def _parameter(t: Translation, node: Node, number: int) -> syntax.FunctionParameter:
    declared = _parameters(node)[number]
    name, type, place = _parameter_name(node, number), t.type(declared), t.place(declared)
    t.frame.names[declared["id"]] = name
    if not isinstance(type, syntax.ReferenceType):
        const = isinstance(type, syntax.PointerType) and is_const(type.target)
        return syntax.FunctionParameter(name, type, place, const)
    const = is_const(type.target)
    if spelling(declared).endswith("&&"):
        return syntax.FunctionParameter(name, type.target, place)
    if name in t.frame.pointers:
        return syntax.FunctionParameter(name, syntax.PointerType(type.target), place, const)
    t.frame.references.add(name)
    return syntax.FunctionParameter(name, type, place, const)
