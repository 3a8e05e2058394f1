"""Reads the types that Clang spells, like `const float *__restrict` or `Window<float, 3>`, as types of our tree."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from imgcuda.cpu.cxx.nodes import Node, Untranslatable
from imgcuda.frontend.syntax import (
    ArrayType,
    NamedType,
    NumberLiteral,
    Place,
    PointerType,
    ReferenceType,
    TypeName,
)
from imgcuda.frontend.type_names import basic_type

_ELABORATED = frozenset(["struct", "class", "union", "enum", "volatile", "typename"])
_QUALIFIER = re.compile(r"\s*(const|volatile|__restrict__|__restrict)\b")
_SIZE = re.compile(r"\s*\[(\d*)\]")
_OPENING, _CLOSING = "<(", ">)"
_NAMELESS = ("(lambda", "(anonymous", "(unnamed")


class TypeReader:
    """Reads types; `resolve` returns the type that a name which C does not have stands for."""

    def __init__(self, resolve: Callable[[str, Place], TypeName]) -> None:
        self._resolve = resolve

    def read(self, spelled: str, place: Place) -> TypeName:
        """Return a type. Raises Untranslatable for one that the CPU engine does not have."""
        base, rest = _parted(spelled)
        words = [word for word in _words(base) if word not in _ELABORATED]
        const = "const" in words
        words = [word for word in words if word != "const"]
        basic = basic_type(words)
        if basic is not None:
            found: TypeName = NamedType(basic, place, const)
        elif words == ["long", "double"]:
            raise Untranslatable("'long double' is 'double' on a GPU", place, "write 'double'")
        else:
            found = with_const(self._resolve(" ".join(words), place), const)
        return self._declarator(found, rest, place)

    def _declarator(self, type: TypeName, rest: str, place: Place) -> TypeName:
        """Return a type with the stars, references and sizes behind it."""
        rest = rest.strip()
        if not rest:
            return type
        if rest.startswith("*"):
            words, behind = _qualifiers(rest[1:])
            return self._declarator(PointerType(type, "restrict" in words, "const" in words), behind, place)
        if rest.startswith("&"):
            _, behind = _qualifiers(rest.lstrip("&"))
            # There are no arrays of references: `int &[2]` is a reference to an array.
            return ReferenceType(self._sizes(type, behind, place))
        if rest.startswith("(") and rest[1:2] in ("*", "&"):
            end = _behind(rest, 0)
            if not rest[end:].strip().startswith("["):
                raise Untranslatable("a pointer to a function is not in the portable subset", place, "call it by name")
            return self._declarator(self._sizes(type, rest[end:], place), rest[1 : end - 1], place)
        if rest.startswith("["):
            return self._sizes(type, rest, place)
        raise Untranslatable(f"the type '{rest}' is not in the portable subset", place)

    def _sizes(self, element: TypeName, rest: str, place: Place) -> TypeName:
        match = _SIZE.match(rest)
        if match is None:
            return self._declarator(element, rest, place)
        size = NumberLiteral(int(match[1]), "int", place) if match[1] else None
        return ArrayType(self._sizes(element, rest[match.end() :], place), size)


def with_const(type: TypeName, const: bool) -> TypeName:
    """Return a type with const added if asked for."""
    if not const or isinstance(type, ReferenceType):
        return type
    if isinstance(type, ArrayType):
        return replace(type, element=with_const(type.element, True))
    return replace(type, const=True)


def target_of(type: TypeName) -> TypeName:
    """Return the type that a reference is to; another type as it is."""
    return type.target if isinstance(type, ReferenceType) else type


def length_of(type: ArrayType) -> int | None:
    """Return the number of an array's elements; None if the type does not say it."""
    return int(type.size.value) if isinstance(type.size, NumberLiteral) else None


def is_const(type: TypeName) -> bool:
    """Return whether a type, or an array's element, is const."""
    while isinstance(type, ArrayType):
        type = type.element
    return not isinstance(type, ReferenceType) and type.const


def name_of(node: Node) -> str:
    """Return the name of a declaration; an empty string if it has none."""
    return str(node.get("name", ""))


def _parted(spelled: str) -> tuple[str, str]:
    """Return the words of a type, and the stars, references and sizes behind them."""
    position = 0
    while position < len(spelled):
        character = spelled[position]
        if character in _OPENING:
            if character == "(" and not spelled.startswith(_NAMELESS, position):
                break
            position = _behind(spelled, position)
        elif character in "*&[":
            break
        else:
            position += 1
    return spelled[:position].strip(), spelled[position:]


def _words(base: str) -> list[str]:
    """Return the words of a type; a name with arguments of a template, or one of a lambda, is one word."""
    words, position, start = [], 0, 0
    while position < len(base):
        if base[position] in _OPENING:
            position = _behind(base, position)
        elif base[position] == " ":
            words.append(base[start:position])
            position += 1
            start = position
        else:
            position += 1
    return [word for word in [*words, base[start:]] if word]


def _behind(text: str, opening: int) -> int:
    """Return the position behind the bracket that closes another."""
    depth = 0
    for position in range(opening, len(text)):
        depth += (text[position] in _OPENING) - (text[position] in _CLOSING)
        if depth == 0:
            return position + 1
    return len(text)


def _qualifiers(rest: str) -> tuple[set[str], str]:
    words = set[str]()
    while match := _QUALIFIER.match(rest):
        words.add("restrict" if "restrict" in match[1] else match[1])
        rest = rest[match.end() :]
    return words, rest
