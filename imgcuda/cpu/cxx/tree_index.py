"""Finds declarations in Clang's tree by their ids and by the names of types, and the place of each node."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from itertools import accumulate
from pathlib import PurePath

from imgcuda.cpu.cxx.changed_variables import changed_variables, shared_in_lambdas
from imgcuda.cpu.cxx.nodes import FUNCTIONS, RECORDS, Node, has, inner, kind, spelling
from imgcuda.frontend.source_lines import numbered_lines
from imgcuda.frontend.syntax import Place

_SCOPES = RECORDS | {"NamespaceDecl", "TranslationUnitDecl", "ClassTemplateDecl"}
_ALIASES = frozenset(["TypedefDecl", "TypeAliasDecl"])
_SCOPE = re.compile(r"\w+::")
_SPACES = re.compile(r"\s+(?=[<>,&*\[\]()])|(?<=[<>,&*\[\]()])\s+")


def without_spaces(spelled: str) -> str:
    """Return a type's name with spaces only between words."""
    return _SPACES.sub("", spelled.strip())


class TreeIndex:
    """The declarations of a tree."""

    def __init__(self, tree: Node, text: str, name: str) -> None:
        self._name = name
        lines = text.split("\n")
        self._bytes = text.encode()
        self._starts = [0, *accumulate(len(line.encode()) + 1 for line in lines)]
        self._lines = list(numbered_lines(lines, name))
        self.tree = tree
        self.by_id: dict[str, Node] = {}
        self.parents: dict[str, Node] = {}
        self.records: defaultdict[str, list[Node]] = defaultdict(list)
        """The structures and classes by each way to spell them, without spaces."""
        self.aliases: dict[str, Node] = {}
        self.enumerations: dict[str, Node] = {}
        self._definitions: dict[str, Node] = {}
        self._note_files(tree)
        self._walk(tree)

    # ---- places

    def _note_files(self, tree: Node) -> None:
        """Give each location the name of its file: Clang writes a name only where it differs from the last one."""
        here = ""
        left: list[object] = [tree]
        while left:
            each = left.pop()
            if isinstance(each, dict):
                if "offset" in each:
                    here = each.setdefault("file", here)
                left += reversed(list(each.values()))
            elif isinstance(each, list):
                left += reversed(each)

    def place(self, node: Node) -> Place:
        """Return the place of a node: where an expression or a statement begins, and where a declared name stands."""
        where = node.get("loc") or node.get("range", {}).get("begin", {})
        where = where.get("expansionLoc", where)
        if "offset" not in where:
            return Place(self._name, 1, 1)
        if PurePath(where["file"]).name != "kernel.cu":
            return Place("<imgcuda>", where.get("line", 1), where.get("col", 1))
        line = bisect_right(self._starts, where["offset"]) - 1
        file, number = self._lines[min(line, len(self._lines) - 1)]
        before = self._bytes[self._starts[line] : where["offset"]]
        return Place(file, number, len(before.decode(errors="replace")) + 1)

    def is_authors(self, node: Node) -> bool:
        """Return whether a declaration is in the author's text, and not in a header of ours."""
        where = node.get("loc", {})
        where = where.get("expansionLoc", where)
        return PurePath(where.get("file", "")).name == "kernel.cu"

    # ---- declarations

    def _walk(self, tree: Node) -> None:
        left = [(tree, tree)]
        while left:
            node, parent = left.pop()
            # Where a declaration is only mentioned, as a specialization is among its template's, it has no place.
            if (key := node.get("id")) and (key not in self.by_id or ("loc" in node and "loc" not in self.by_id[key])):
                self.by_id[key], self.parents[key] = node, parent
                self._note(node)
            left += [(each, node) for each in reversed(inner(node))]

    def _note(self, node: Node) -> None:
        if kind(node) in RECORDS and node.get("completeDefinition") and not node.get("isImplicit"):
            for spelled in self.spellings(node):
                self.records[spelled].append(node)
        elif kind(node) in _ALIASES:
            nameless = self._nameless(node)
            for scope in self._scopes(node):
                name = f"{scope}{node.get('name', '')}"
                if kind(nameless) in RECORDS:
                    self.records[name].append(nameless)
                elif kind(nameless) == "EnumDecl":
                    self.enumerations.setdefault(name, nameless)
                else:
                    self.aliases.setdefault(name, node)
        elif kind(node) == "EnumDecl" and node.get("name"):
            for scope in self._scopes(node):
                self.enumerations.setdefault(f"{scope}{node['name']}", node)
        elif kind(node) in FUNCTIONS and has(node, "CompoundStmt"):
            first = node
            while "previousDecl" in first and first["previousDecl"] in self.by_id:
                self._definitions[first["previousDecl"]] = node
                first = self.by_id[first["previousDecl"]]

    def _nameless(self, alias: Node) -> Node:
        """Return the structure or enumeration without a name that a typedef names; an empty node if it has another."""
        left = list(inner(alias))
        while left:
            each = left.pop()
            declared = self.by_id.get(each.get("decl", {}).get("id", ""), {})
            if declared and not declared.get("name"):
                return declared
            left += inner(each)
        return {}

    def definition(self, function: Node) -> Node:
        """Return the declaration of a function that has its body; the function itself if none has."""
        return self._definitions.get(function["id"], function)

    def spellings(self, record: Node) -> Iterator[str]:
        """Yield the names of a record, with more or less of its scopes, and without arguments that are defaults."""
        name = record.get("name", "")
        if not name:
            return
        for arguments in self._argument_lists(record):
            for scope in self._scopes(record):
                yield without_spaces(f"{scope}{name}{arguments}")

    def records_named(self, spelled: str) -> list[Node]:
        """Return the records that a type's name may mean. A scope before it may be another name of a namespace."""
        name = without_spaces(spelled.removeprefix("::"))
        while name not in self.records and (scope := _SCOPE.match(name)):
            name = name[scope.end() :]
        return self.records.get(name, [])

    def _argument_lists(self, record: Node) -> Iterator[str]:
        if kind(record) == "CXXRecordDecl":
            yield ""
            return
        given = [_argument(each) for each in inner(record) if kind(each) == "TemplateArgument"]
        yield f"<{','.join(given)}>"
        defaults = self._defaults(record)
        while given and len(defaults) >= len(given) and defaults[len(given) - 1] == given[-1]:
            given.pop()
            yield f"<{','.join(given)}>"

    def _defaults(self, record: Node) -> list[str | None]:
        """Return the default of each argument of a record's template; None if there is none, or if it is not known."""
        template = self.parents[record["id"]]
        parameters = [each for each in inner(template) if kind(each).endswith("ParmDecl")]
        found: list[str | None] = []
        for each in parameters:
            default = next((part for part in inner(each) if kind(part) == "TemplateArgument"), None)
            found.append(None if default is None else _argument(default))
        return found

    def _scopes(self, node: Node) -> Iterator[str]:
        """Yield the scopes that may stand before a name, from none to all of them."""
        scope = ""
        yield scope
        while (node := self.parents[node["id"]]) and kind(node) in _SCOPES and kind(node) != "TranslationUnitDecl":
            if kind(node) != "ClassTemplateDecl" and node.get("name"):
                arguments = next(self._argument_lists(node)) if kind(node) in RECORDS else ""
                scope = f"{node['name']}{arguments}::{scope}"
                yield scope

    @cached_property
    def changed(self) -> frozenset[str]:
        """The ids of the variables that are changed after their declaration, or may be."""
        return changed_variables(self.tree)

    @cached_property
    def shared_in_lambdas(self) -> frozenset[str]:
        """The ids of the `__shared__` variables of functions that lambdas use."""
        return shared_in_lambdas(self.tree)

    def record_of(self, member: Node) -> Node | None:
        """Return the record that a declaration is a member of."""
        node = self.parents[member["id"]]
        if kind(node) == "FunctionTemplateDecl":
            node = self.parents[node["id"]]
        return node if kind(node) in RECORDS else None


def _argument(argument: Node) -> str:
    """Return a template's argument as it is spelled in types."""
    if "type" in argument:
        return without_spaces(spelling(argument))
    value = argument.get("value")
    if value is None and inner(argument):
        node = inner(argument)[0]
        while inner(node):
            node = inner(node)[-1]
        value = node.get("value")
    return str(value)
