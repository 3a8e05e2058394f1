"""Calls of Clang's tree as calls of ours: functions, methods, operators, and CUDA's own functions."""

from __future__ import annotations

from collections.abc import Sequence

from imgcuda.cpu.cxx.cuda_declarations import RENAMED
from imgcuda.cpu.cxx.nodes import (
    FUNCTIONS,
    Node,
    Untranslatable,
    has,
    inner,
    is_own,
    kind,
    last,
    spelling,
    unwrapped,
    walk,
)
from imgcuda.cpu.cxx.translate_expressions import address, pointee
from imgcuda.cpu.cxx.translation import POINTER, Made, Translation
from imgcuda.cpu.cxx.type_reader import length_of, name_of, target_of
from imgcuda.cpu.maths.functions import IN_CUDA_C
from imgcuda.cpu.semantics import library
from imgcuda.cpu.semantics.builtins import is_builtin
from imgcuda.cpu.semantics.cxx_types import Array, Basic, Pointer, Record, Type, Typed
from imgcuda.cpu.values.types import BASIC
from imgcuda.frontend import refusals, syntax
from imgcuda.frontend.syntax import Expression, Place
from imgcuda.frontend.textures import FETCHES, Fetch


def _call(t: Translation, node: Node) -> Expression:
    callee, arguments = unwrapped(inner(node)[0]), inner(node)[1:]
    if kind(callee) == "MemberExpr":
        return _method(t, node, callee, arguments)
    if kind(callee) != "DeclRefExpr" or callee["referencedDecl"]["kind"] not in FUNCTIONS:
        _refuse_unresolved(t, node)
        raise Untranslatable("a pointer to a function is not in the portable subset", t.place(node), "call it by name")
    return call_of(t, callee["referencedDecl"], arguments, t.place(node))


def _refuse_unresolved(t: Translation, node: Node) -> None:
    """Raise Untranslatable for a call in which Clang finds no function, if it is one that the engine does not have."""
    for each in walk(node):
        refused = refusals.refused_word(name_of(each)) if kind(each) == "UnresolvedLookupExpr" else None
        if refused is not None:
            raise Untranslatable(refused.message, t.place(each), refused.remedy)


def call_of(t: Translation, function: Node, arguments: Sequence[Node], place: Place) -> Expression:
    """Return the call of a function that is no method."""
    found = t.index.by_id.get(function["id"], function)
    announce_lambdas(t, arguments)
    if is_cudas(t, found):
        return _cudas(t, found, arguments, place)
    return made_call(t, t.function(found), [], arguments, place)


def announce_lambdas(t: Translation, arguments: Sequence[Node]) -> None:
    """Let the types of lambdas among the arguments be known before the function that takes them is translated."""
    for each in arguments:
        plain = unwrapped(each)
        while kind(plain) == "CXXConstructExpr" and inner(plain):
            plain = unwrapped(last(plain))
        if kind(plain) == "LambdaExpr":
            t.expression(plain)


def is_cudas(t: Translation, function: Node) -> bool:
    """Return whether a function is one of CUDA's or the compiler's own, which has no body here."""
    if not function.get("loc") or name_of(function).startswith("__builtin_"):
        return True
    definition = t.index.definition(function)
    return not has(definition, "CompoundStmt") and not t.index.is_authors(function)


def made_call(
    t: Translation, made: Made, objects: list[Expression], arguments: Sequence[Node], place: Place
) -> Expression:
    """Return a call of a function of our tree; `objects` has the object of a method."""
    given: list[Expression] = []
    for way, each in zip(made.parameters, [*objects, *arguments], strict=False):
        value = t.expression(each) if isinstance(each, dict) else each
        given.append(address(t, value, place) if way == POINTER else value)
    call = syntax.Call(made.name, tuple(given), place)
    return syntax.Unary("*", call, place) if made.returns_reference else call


# ---- methods and operators


def _method(t: Translation, node: Node, callee: Node, arguments: Sequence[Node]) -> Expression:
    method, base = t.index.by_id[callee["referencedMemberDecl"]], last(callee)
    if method.get("storageClass") == "static":
        return call_of(t, method, arguments, t.place(node))
    whole = pointee(t, base) if callee.get("isArrow") else t.expression(base)
    return method_call(t, method, whole, arguments, t.place(node))


def method_call(t: Translation, method: Node, whole: Expression, arguments: Sequence[Node], place: Place) -> Expression:
    """Return the call of a method on an object; one that Clang made for a class assigns all of it."""
    if name_of(method) == "operator=" and not is_own(method):
        return syntax.Assign("", whole, t.expression(arguments[0]), place)
    announce_lambdas(t, arguments)
    return made_call(t, t.function(method), [whole], arguments, place)


def _operator(t: Translation, node: Node) -> Expression:
    callee, operands = unwrapped(inner(node)[0]), inner(node)[1:]
    named: Node = callee["referencedDecl"]
    function = t.index.by_id.get(named["id"], named)
    if kind(function) == "CXXMethodDecl":
        return method_call(t, function, t.expression(operands[0]), operands[1:], t.place(node))
    return call_of(t, function, operands, t.place(node))


# ---- CUDA's own functions


def _cudas(t: Translation, function: Node, arguments: Sequence[Node], place: Place) -> Expression:
    """Return the call of a function that the CPU engine has itself."""
    name = RENAMED.get(name_of(function), name_of(function))
    if name in FETCHES:
        return _in_cuda_c(t, Fetch(name, _texel(t, function, place)).name, arguments, place)
    if not is_builtin(name):
        name = name.removeprefix("__builtin_")
    if refused := refusals.refused_call(name) or refusals.refused_word(name):
        raise Untranslatable(refused.message, place, refused.remedy)
    if name in IN_CUDA_C:
        return _in_cuda_c(t, name, arguments, place)
    return syntax.Call(name, tuple(map(t.expression, arguments)), place)


def _texel(t: Translation, function: Node, place: Place) -> str:
    """Return the type that `tex2D<float4>` reads."""
    type = t.read_type(str(function["type"]["qualType"]).partition("(")[0].strip(), place)
    return type.name if isinstance(type, syntax.NamedType) else ""


def _in_cuda_c(t: Translation, name: str, arguments: Sequence[Node], place: Place) -> Expression:
    """Return the call of memset or another function that is written in CUDA C for the types of its arguments."""
    given = tuple(map(t.expression, arguments))
    try:
        function = library.function_for(name, [_typed(t, each) for each in arguments])
    except library.Unfit as error:
        raise Untranslatable(error.message, place, error.remedy) from None
    types = ", ".join(str(_typed(t, each).type) for each in arguments)
    own = f"{name}({types})"
    t.functions.setdefault(own, syntax.Function(own, function.result, function.parameters, function.body, place))
    pairs = zip(given, function.parameters, strict=True)
    return syntax.Call(own, tuple(syntax.Cast(each.type, value, place) for value, each in pairs), place)


def _typed(t: Translation, node: Node) -> Typed:
    """Return the type of an argument before its conversion to `void *`."""
    plain = unwrapped(node)
    zero = kind(plain) == "IntegerLiteral" and plain.get("value") == "0"
    return Typed(_type(target_of(t.read_type(spelling(plain), t.place(plain)))), null=zero)


def _type(written: syntax.TypeName) -> Type:
    match written:
        case syntax.PointerType(target):
            return Pointer(_type(target))
        case syntax.ArrayType(element):
            return Array(_type(element), length_of(written))
        case syntax.NamedType(name):
            return Basic(name) if name in BASIC else Record(name)
    return _type(target_of(written))


CALLS = {
    "CallExpr": _call,
    "CXXMemberCallExpr": _call,
    "CXXOperatorCallExpr": _operator,
    "UserDefinedLiteral": _call,
}
