"""Finds the variables that a file's code may change after their declaration, and the shared ones that lambdas use."""

from __future__ import annotations

from imgcuda.cpu.cxx.nodes import Node, has, inner, kind

_THROUGH = frozenset(["ParenExpr", "MemberExpr", "MaterializeTemporaryExpr", "ExprWithCleanups"])
"""The kinds of nodes around a name that only select or wrap the variable."""


def changed_variables(tree: Node) -> frozenset[str]:
    """Return the ids of the variables that are used for more than reading them."""
    found = set[str]()
    left: list[tuple[Node, tuple[Node, ...]]] = [(tree, ())]
    while left:
        node, above = left.pop()
        if kind(node) == "DeclRefExpr" and not _only_reads(node, above):
            found.add(node["referencedDecl"]["id"])
        if kind(node) == "VarDecl" and "init" not in node:
            found.add(node["id"])
        left += [(each, (*above[-12:], node)) for each in inner(node)]
    return frozenset(found)


def _only_reads(node: Node, above: tuple[Node, ...]) -> bool:
    for each in reversed(above):
        if kind(each) == "LambdaExpr":
            return True
        if kind(each) == "MemberExpr" and each.get("isArrow"):
            return True
        if kind(each) == "ImplicitCastExpr":
            to_const = each.get("castKind") == "NoOp" and str(each["type"].get("qualType", "")).startswith("const ")
            return to_const or each.get("castKind") == "LValueToRValue"
        if kind(each) not in _THROUGH:
            return False
    return False


def shared_in_lambdas(tree: Node) -> frozenset[str]:
    """Return the ids of the `__shared__` variables of functions that a lambda uses: it does not capture them."""
    shared, used = set[str](), set[str]()
    left = [(tree, False)]
    while left:
        node, inside = left.pop()
        if kind(node) == "VarDecl" and has(node, "CUDASharedAttr"):
            shared.add(node["id"])
        if kind(node) == "DeclRefExpr" and inside:
            used.add(node["referencedDecl"]["id"])
        inside = inside or kind(node) == "LambdaExpr"
        left += [(each, inside) for each in inner(node)]
    return frozenset(shared & used)
