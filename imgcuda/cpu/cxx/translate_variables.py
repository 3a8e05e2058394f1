"""Names of variables and enumerators of Clang's tree, and variables outside of functions."""

from __future__ import annotations

import re
from copy import deepcopy

from imgcuda.cpu.cxx.nodes import Node, Untranslatable, has, inner, kind, last, walk
from imgcuda.cpu.cxx.translation import THIS, Capture, Translation
from imgcuda.cpu.cxx.type_reader import is_const, name_of
from imgcuda.frontend import syntax
from imgcuda.frontend.syntax import Expression, Place

_CUDA = frozenset(["threadIdx", "blockIdx", "blockDim", "gridDim"])
_OUTSIDE = frozenset(
    ["NamespaceDecl", "TranslationUnitDecl", "CXXRecordDecl", "ClassTemplateSpecializationDecl", "LinkageSpecDecl",
     "VarTemplateDecl", "ClassTemplateDecl"]
)  # fmt: skip
"""The kinds of declarations that hold variables which are not a function's own."""
_SMALL, _LARGE = 64, 5000
"""The most nodes of a constant's value that is put where the constant is used; and of any value with calls."""
_NOT_VALUES = ("Attr", "TemplateArgument", "Type")
"""The endings of the kinds of nodes in a variable that are not its first value."""


def variable(t: Translation, referred: Node, place: Place) -> Expression:
    """Return the variable or enumerator that a name means."""
    node = t.index.by_id.get(referred["id"], referred)
    t.require_sound(node)
    if kind(node) == "EnumConstantDecl":
        return _enumerator(t, node, place)
    if captured := t.frame.captures.get(node["id"]):
        return captured_variable(t, captured, place)
    if kind(node) == "BindingDecl":
        return t.expression(last(node))
    if kind(node) == "NonTypeTemplateParmDecl":
        raise Untranslatable("this template is used without its arguments", place)
    if kind(node) not in ("VarDecl", "ParmVarDecl", "DecompositionDecl", "VarTemplateSpecializationDecl"):
        raise Untranslatable("a pointer to a function is not in the portable subset", place, "call it by its name")
    if name_of(node) in _CUDA and not t.index.is_authors(node):
        return syntax.Name(name_of(node), place)
    if kind(t.index.parents[node["id"]]) in _OUTSIDE or node["id"] in t.index.shared_in_lambdas:
        return _outside(t, node, place)
    if node["id"] not in t.frame.names:
        return _of_function_around(t, node, place)
    name = local_name(t, node)
    made: Expression = syntax.Name(name, place)
    return syntax.Unary("*", made, place) if name in t.frame.pointers else made


def local_name(t: Translation, node: Node) -> str:
    """Return the name of a variable of the current function."""
    return t.frame.names.get(node["id"], name_of(node))


def _of_function_around(t: Translation, node: Node, place: Place) -> Expression:
    """Return the value of a constant of the function around a lambda, which a lambda need not capture."""
    type = t.type(node)
    if not (is_const(type) and isinstance(type, syntax.NamedType) and "init" in node):
        raise Untranslatable(f"'{name_of(node)}' of another function", place, "pass it as an argument")
    return syntax.Cast(type, t.expression(last(node)), place)


def own_object(t: Translation, place: Place) -> Expression:
    """Return the object that the current function is called on: a lambda's is the structure of its captures."""
    this: Expression = syntax.Name(THIS, place)
    return syntax.Unary("*", this, place) if THIS in t.frame.pointers else this


def captured_variable(t: Translation, captured: Capture, place: Place) -> Expression:
    """Return a variable that the current lambda has captured."""
    made: Expression = syntax.Member(own_object(t, place), captured.field, place)
    return syntax.Unary("*", made, place) if captured.pointer else made


# ---- enumerators


def _enumerator(t: Translation, node: Node, place: Place) -> Expression:
    parent = t.index.parents[node["id"]]
    following = 0
    for each in inner(parent):
        if kind(each) != "EnumConstantDecl":
            continue
        given = next((part for part in inner(each) if part.get("value") is not None), None)
        value = _integer_in(each) if given is None else int(given["value"])
        following = following if value is None else value
        if each["id"] == node["id"]:
            break
        following += 1
    type = t.type_of_enumeration(parent, place)
    assert isinstance(type, syntax.NamedType)
    return number_of(following, type.name, place)


def number_of(value: int, type: str, place: Place) -> Expression:
    """Return a whole number of a type, which may be one that literals do not have."""
    if type in ("int", "unsigned int", "long long", "unsigned long long", "bool"):
        return syntax.NumberLiteral(value, type, place)
    literal = syntax.NumberLiteral(value, "long long" if abs(value) >= 1 << 31 else "int", place)
    return syntax.Cast(syntax.NamedType(type, place), literal, place)


def _integer_in(node: Node) -> int | None:
    """Return the value that Clang has computed somewhere in an enumerator; None if there is none."""
    found = (each for each in walk(node) if kind(each) == "ConstantExpr" and "value" in each)
    return next((int(each["value"]) for each in found), None)


# ---- variables outside of functions


def _outside(t: Translation, node: Node, place: Place) -> Expression:
    """Return a variable outside of functions: a table by its name, and a constant number as its value."""
    if node["id"] not in t.globals:
        t.globals[node["id"]] = _declared(t, node)
    made = t.globals[node["id"]]
    # Each use is a node of its own: the CPU engine tells the calls in it apart by their nodes.
    return syntax.Name(made.name, place) if isinstance(made, syntax.Name) else deepcopy(made)


def _declared(t: Translation, node: Node) -> Expression:
    place, type, space = t.place(node), t.type(node), _space(node, t.type(node))
    value = next((each for each in inner(node) if not kind(each).endswith(_NOT_VALUES)), None)
    if not space:
        remedy = "write __device__ in front of it, or make it '__constant__' or 'const'"
        raise Untranslatable(f"'{name_of(node)}' is a variable of the host", place, remedy)
    first: Expression | syntax.Initializer | None = None
    if space == "constant" and value is not None and isinstance(type, syntax.NamedType) and not _in_braces(value):
        first = t.expression(value)
        parts = list(syntax.walk(first))
        has_calls = any(isinstance(each, syntax.Call) for each in parts)
        if len(parts) > _LARGE:
            raise Untranslatable(f"the value of '{name_of(node)}' is too large an expression", place, "write it out")
        if has_calls or len(parts) <= _SMALL:
            return syntax.Cast(type, first, place)
    elif value is not None:
        first = braces_of(t, value)
    name = t.unique(re.sub(r"\W", "_", name_of(node)))
    external = node.get("storageClass") == "extern"
    made = syntax.Declaration(name, type, first, place, space, external=external)
    t.unit.globals.append(made)
    t.unit.items.append(made)
    return syntax.Name(f"::{name}", place)  # a variable of a function may have the same name


def _in_braces(value: Node) -> bool:
    return kind(value) == "InitListExpr"


def _space(node: Node, type: syntax.TypeName) -> str:
    """Return the memory that a variable outside of functions is in; an empty string for the host's."""
    if has(node, "CUDASharedAttr"):
        return "shared"
    if has(node, "CUDAConstantAttr") or node.get("constexpr") or is_const(type):
        return "constant"
    return "device" if has(node, "CUDADeviceAttr") else ""


def braces_of(t: Translation, value: Node) -> syntax.Initializer:
    """Return the values of a table."""
    made = t.expression(value)
    return made.values if isinstance(made, syntax.Braced) else syntax.Initializer((made,), made.place)
