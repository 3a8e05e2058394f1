"""The state of a translation of Clang's tree into ours: the functions, types and names made so far."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

from imgcuda.cpu.cxx.nodes import Node, Untranslatable, kind, spelling, spelling_of
from imgcuda.cpu.cxx.tree_index import TreeIndex
from imgcuda.cpu.cxx.type_reader import TypeReader
from imgcuda.frontend import refusals, syntax
from imgcuda.frontend.syntax import Expression, Place, TypeName

VALUE, REFERENCE, POINTER = "value", "reference", "pointer"
"""How a function takes a parameter. A reference whose address the function takes or returns is a pointer."""
THIS = "this"
"""The name of the object that a method works on, and of the one that a constructor makes."""

_WORDS = {
    "GotoStmt": "goto",
    "LabelStmt": "goto",
    "CXXNewExpr": "new",
    "CXXDeleteExpr": "delete",
    "CXXThrowExpr": "throw",
    "CXXTryStmt": "try",
    "CXXTypeidExpr": "typeid",
    "CXXDynamicCastExpr": "dynamic_cast",
}
"""The words of C++ that some kinds of nodes are written with: our own front end has remedies for them."""


class Made(NamedTuple):
    """A function of our tree."""

    name: str
    parameters: tuple[str, ...]
    """How it takes each parameter, a method's object first."""
    returns_reference: bool


class Capture(NamedTuple):
    """A variable that a lambda captures: the field that has a pointer to it or a copy of it."""

    field: str
    pointer: bool


@dataclass
class FunctionFrame:
    """The function that is being translated."""

    pointers: frozenset[str]
    """The names of references that are pointers in our tree."""
    references: set[str] = field(default_factory=set)
    """The names of references that are references in our tree, too."""
    taken: set[str] = field(default_factory=set)
    """The references whose address is taken: they must be pointers, and the function is translated anew."""
    names: dict[str, str] = field(default_factory=dict)
    """The names of variables by their ids, where they are not the author's."""
    captures: Mapping[str, Capture] = field(default_factory=dict)
    """The captures of the lambda whose body the function is, by the ids of variables."""
    constructor: bool = False
    returns_reference: bool = False


class NodeHandlers(NamedTuple):
    """The functions that translate each kind of node; modules that need them all are given them here."""

    expressions: Mapping[str, Callable[[Translation, Node], Expression]]
    statements: Mapping[str, Callable[[Translation, Node], list[syntax.Statement]]]
    function: Callable[[Translation, Node], Made]
    record: Callable[[Translation, Node], str]


class Translation:
    """A translation of the functions that a kernel needs."""

    def __init__(self, index: TreeIndex, handlers: NodeHandlers) -> None:
        self.index, self._handlers = index, handlers
        self.unit = syntax.TranslationUnit()
        self.functions: dict[str, syntax.Function] = {}
        """The functions made, by names that are unique."""
        self.made: dict[str, Made | None] = {}
        """Our functions by the ids of Clang's; None while one is being translated."""
        self.structures: dict[str, str] = {}
        """The names of structures by the ids of records."""
        self.globals: dict[str, Expression] = {}
        self.lambdas: dict[str, str] = {}
        """The ids of the records of lambdas by their types, as Clang spells them."""
        self.closures: dict[str, dict[str, Capture]] = {}
        """The captures of lambdas, by the ids of their records."""
        self.frame = FunctionFrame(frozenset())
        self._types = TypeReader(self._named_type)
        self._taken_names: set[str] = set()

    # ---- dispatch

    def expression(self, node: Node) -> Expression:
        """Return an expression of our tree."""
        handler = self._handlers.expressions.get(kind(node))
        if handler is None:
            words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", kind(node).removeprefix("CXX")).lower()
            refused = refusals.refused_word(_WORDS.get(kind(node), ""))
            message = f"the CPU engine does not have this part of C++ ({words})"
            raise Untranslatable(message, self.place(node), refused.remedy if refused else "write it in plain C")
        return handler(self, node)

    def statements(self, node: Node) -> list[syntax.Statement]:
        """Return the statements of our tree that a statement becomes."""
        handler = self._handlers.statements.get(kind(node))
        if handler is not None:
            return handler(self, node)
        return [syntax.Evaluate(self.expression(node), self.place(node))]

    def statement(self, node: Node) -> syntax.Statement:
        """Return a statement as one of our tree, in a block if it becomes several."""
        made = self.statements(node)
        return made[0] if len(made) == 1 else syntax.Block(tuple(made), self.place(node))

    def function(self, node: Node) -> Made:
        """Return what a function of Clang's tree becomes."""
        return self._handlers.function(self, node)

    @contextmanager
    def within(self, frame: FunctionFrame) -> Iterator[FunctionFrame]:
        """Translate the body of a function in the block."""
        outer, self.frame = self.frame, frame
        try:
            yield frame
        finally:
            self.frame = outer

    def require_sound(self, node: Node) -> None:
        """Raise Untranslatable for a declaration that Clang has taken although it has an error, as another one."""
        if node.get("isInvalid"):
            raise Untranslatable(f"'{node.get('name', '')}' is declared with an error", self.place(node), "correct it")

    # ---- names, places and types

    def place(self, node: Node) -> Place:
        """Return the place of a node in the author's text."""
        return self.index.place(node)

    def unique(self, name: str) -> str:
        """Return a name that no other function, structure or global has: the one given, or with a number."""
        made, number = name, 1
        while made in self._taken_names:
            number += 1
            made = f"{name} #{number}"
        self._taken_names.add(made)
        return made

    def type(self, node: Node) -> TypeName:
        """Return the type of an expression or a declaration."""
        return self.read_type(spelling(node), self.place(node))

    def read_type(self, spelled: str, place: Place) -> TypeName:
        """Return a type that Clang spells."""
        return self._types.read(spelled, place)

    def type_of_enumeration(self, enumeration: Node, place: Place) -> TypeName:
        """Return the type of an enumeration's numbers."""
        return self.read_type(spelling_of(enumeration.get("fixedUnderlyingType", {})) or "int", place)

    def _named_type(self, spelled: str, place: Place) -> TypeName:
        if record := self.record(spelled, place):
            return syntax.NamedType(self._handlers.record(self, record), place)
        name = spelled.removeprefix("::")
        # std has the types of C's headers by `using`, so under the names that these have without it.
        if alias := self.index.aliases.get(name) or self.index.aliases.get(name.removeprefix("std::")):
            return self.read_type(spelling(alias), place)
        if enumeration := self.index.enumerations.get(name):
            return self.type_of_enumeration(enumeration, place)
        if "enum at" in spelled or spelled.startswith("(unnamed at"):
            return syntax.NamedType("int", place)
        raise Untranslatable(f"the CPU engine does not know the type '{spelled}'", place)

    def record(self, spelled: str, place: Place) -> Node | None:
        """Return the record of a type's name; None if it is not one's."""
        words = [word for word in ("const ", "struct ", "class ", "union ", "volatile ") if spelled.startswith(word)]
        if words:
            return self.record(spelled.removeprefix(words[0]), place)
        if spelled in self.lambdas:
            return self.index.by_id[self.lambdas[spelled]]
        found = self.index.records_named(spelled) or self.index.records_named(self._without_aliases(spelled))
        if len(found) > 1:
            raise Untranslatable(f"the CPU engine finds several types '{spelled}'", place, "give one another name")
        return found[0] if found else None

    def _without_aliases(self, spelled: str) -> str:
        """Return the name of an instance of a template without other names of types, as in `Window<uchar>`."""

        def resolved(match: re.Match[str]) -> str:
            alias = self.index.aliases.get(match[0])
            outside = alias is not None and kind(self.index.parents[alias["id"]]) == "TranslationUnitDecl"
            return spelling(alias) if alias is not None and outside else match[0]

        name, sign, arguments = spelled.partition("<")
        return name + sign + re.sub(r"\b(?<!:)[A-Za-z_]\w*\b(?!:)", resolved, arguments)
