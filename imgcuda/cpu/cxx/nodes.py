"""Nodes of Clang's syntax tree, as its JSON has them, and the small questions that are asked of every node."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

from imgcuda.frontend.syntax import Place

Node: TypeAlias = dict[str, Any]
"""A node: its kind, its id, its type, and the nodes in it under "inner"."""

RECORDS = frozenset(["CXXRecordDecl", "ClassTemplateSpecializationDecl"])
"""The kinds of structures and classes, apart from templates of them."""
FUNCTIONS = frozenset(["FunctionDecl", "CXXMethodDecl", "CXXConstructorDecl", "CXXConversionDecl", "CXXDestructorDecl"])
SAME = frozenset(
    ["ParenExpr", "ExprWithCleanups", "MaterializeTemporaryExpr", "CXXBindTemporaryExpr", "OpaqueValueExpr",
     "CXXDefaultArgExpr", "CXXDefaultInitExpr"]
)  # fmt: skip
"""The kinds of expressions that have the value of the one expression in them."""


class Untranslatable(Exception):
    """Raised for valid C++ that the CPU engine does not have, with a message, the place and a remedy."""

    def __init__(self, message: str, place: Place, remedy: str = "write it in plain C") -> None:
        super().__init__(message)
        self.message, self.place, self.remedy = message, place, remedy


def inner(node: Node) -> list[Node]:
    """Return the nodes in a node, but for comments; a part that is left out is an empty one."""
    found: list[Node] = node.get("inner", [])
    return [each for each in found if each.get("kind") != "FullComment"]


def last(node: Node) -> Node:
    """Return the last node in a node."""
    return inner(node)[-1]


def kind(node: Node) -> str:
    """Return the kind of a node; an empty string for one that is left out."""
    return str(node.get("kind", ""))


def has(node: Node, part: str) -> bool:
    """Return whether a node has another of some kind directly in it: an attribute, like CUDASharedAttr, or a body."""
    return any(kind(each) == part for each in inner(node))


def spelling(node: Node) -> str:
    """Return the type of a node as Clang spells it, with the outermost alias resolved."""
    return spelling_of(node.get("type", {}))


def spelling_of(type: Node) -> str:
    """Return a type that a node has under some key, as Clang spells it; an empty string if it has none."""
    return str(type.get("desugaredQualType", type.get("qualType", "")))


def walk(node: Node) -> Iterator[Node]:
    """Yield a node and all nodes in it, in their order in the text."""
    left = [node]
    while left:
        each = left.pop()
        yield each
        left += reversed(inner(each))


def is_own(function: Node) -> bool:
    """Return whether the author wrote a method or constructor; Clang makes the others, and those with `= default`."""
    return not (function.get("isImplicit") or function.get("explicitlyDefaulted"))


def unwrapped(node: Node) -> Node:
    """Return an expression without parentheses and implicit conversions around it."""
    while inner(node) and (kind(node) in SAME or kind(node) in ("ImplicitCastExpr", "ConstantExpr")):
        node = last(node)
    return node


def is_reference(spelled: str) -> bool:
    """Return whether a type is a reference: `float &`, `T &&`, `int (&)[2]`."""
    return spelled.endswith("&") or "(&" in spelled
