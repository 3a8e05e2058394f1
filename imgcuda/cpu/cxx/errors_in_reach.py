"""Decides which of Clang's errors matter to a kernel: those in what it reaches, or in what that may depend on.

Clang has no headers of the host, so it finds errors in most files' host code, and goes on behind them. It leaves out
what it cannot read, or takes another type for it. So an error matters if it lies in a declaration that the kernel
reaches, or in one of a name that such a declaration mentions: an overload, a type, a specialization of a template.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set

from imgcuda.cpu.cxx.nodes import Node, kind, walk
from imgcuda.cpu.cxx.translation import Translation
from imgcuda.errors import Mistake
from imgcuda.frontend.lexer import IDENTIFIER, Token
from imgcuda.frontend.reached_text import preprocessed
from imgcuda.frontend.syntax import Place
from imgcuda.frontend.text_parts import TextPart, innermost, text_parts

_BEFORE_A_TYPE = frozenset(["const", "volatile", "struct", "class", "union", "enum", "typename"])
_LOCAL = ("ParmVarDecl", "VarDecl", "BindingDecl")


def errors_in_reach(t: Translation, errors: Sequence[Mistake], text: str, name: str) -> list[Mistake]:
    """Return those of Clang's errors that matter to what has been translated; all if the text cannot be divided."""
    tokens = preprocessed(text, name)
    if not tokens:
        return list(errors)
    parts = text_parts(tokens)
    wrong = [(each, _parts_at(parts, each)) for each in errors]
    reached, names = _reached(t, parts)
    if not all(reached):
        return list(errors)
    names = _with_what_they_mean(names, parts)
    found = [each for each, at in wrong if not at or any(_matters(each, part, reached, names) for part in at)]
    broken = {id(part) for _, at in wrong for part in at}
    return found or _swallowed(t, parts, broken, names, errors)


def _matters(error: Mistake, part: TextPart, reached: Sequence[TextPart | None], names: Set[str]) -> bool:
    """Return whether an error in a declaration may change what a kernel means."""
    return part in reached or part.is_meant(names) or (_may_be_a_mark(error, part) and part.is_written(names))


def _may_be_a_mark(error: Mistake, part: TextPart) -> bool:
    """Return whether an unknown word before a function may be a macro for `__device__`, from a header not there."""
    first = next((token.place for token in part.head if token.text == "("), part.tokens[-1].place)
    return error.message.startswith("unknown type name") and (error.line, error.column) < (first.line, first.column)


def _parts_at(parts: Sequence[TextPart], error: Mistake) -> list[TextPart]:
    """Return the declaration that an error lies in; of a line that none holds, all that have tokens there."""
    exact = innermost(parts, Place(error.file, error.line, error.column))
    if exact is not None:
        return [exact]
    return [
        each
        for each in _all(parts)
        if any((token.place.file, token.place.line) == (error.file, error.line) for token in each.tokens)
    ]


def _all(parts: Iterable[TextPart]) -> Iterator[TextPart]:
    for each in parts:
        yield each
        yield from _all(each.members)


# ---- what a kernel reaches


def _reached(t: Translation, parts: Sequence[TextPart]) -> tuple[list[TextPart | None], set[str]]:
    """Return the author's declarations that a kernel reaches, None for one not found, and the names they mention."""
    reached, names = list[TextPart | None](), set[str]()
    for key in [*t.made, *t.structures, *t.globals]:
        node = t.index.by_id[key]
        names.add(str(node.get("name", "")))
        if not t.index.is_authors(node):
            continue
        part = innermost(parts, t.index.place(node)) or _template(parts, str(node.get("name", "")))
        reached.append(part)
        if part is not None:
            names |= _mentioned(part.tokens if key in t.made else part.declared(), _locals(node))
    return reached, names


def _template(parts: Sequence[TextPart], name: str) -> TextPart | None:
    """Return the class of a name: that of an explicit instance, which a macro may have made at another place."""
    return next((each for each in _all(parts) if name in each.names and each.members), None)


def _locals(node: Node) -> set[str]:
    """Return the names of the variables of a function, which hide those outside of it."""
    return {str(each.get("name", "")) for each in walk(node) if kind(each) in _LOCAL}


def _mentioned(tokens: Sequence[Token], own: Set[str]) -> set[str]:
    """Return the names and signs in a text whose meaning may depend on what else is declared; `own` are its variables.

    A variable may have a function's name, so what is called is kept.
    """
    names = set[str]()
    for position, each in enumerate(tokens):
        before = tokens[position - 1].text if position else ""
        called = position + 1 < len(tokens) and tokens[position + 1].text in ("(", "<")
        hidden = each.kind == IDENTIFIER and (each.text in own or before in (".", "->"))
        if called or not hidden:
            names.add(each.text)
    return names


def _with_what_they_mean(names: set[str], parts: Sequence[TextPart]) -> set[str]:
    """Return names and all names that their declarations mention, directly or through other declarations."""
    left = list(_all(parts))
    found = set(names)
    while fitting := [each for each in left if each.is_meant(found)]:
        left = [each for each in left if each not in fitting]
        for each in fitting:
            found |= _mentioned(each.declared(), _arguments(each.declared()))
    return found


def _arguments(tokens: Sequence[Token]) -> set[str]:
    """Return the names of arguments: those behind a type and before a comma or a bracket."""
    return {
        each.text
        for before, each, behind in zip(tokens, tokens[1:], tokens[2:], strict=False)
        if behind.text in (",", ")", "=", "[")
        and (before.text in ("*", "&", ">") or (before.kind == IDENTIFIER and before.text not in _BEFORE_A_TYPE))
    }


def _swallowed(
    t: Translation, parts: Sequence[TextPart], broken: set[int], names: set[str], errors: Sequence[Mistake]
) -> list[Mistake]:
    """Return all errors if Clang has left out a declaration of one of some names, as it went on behind an error."""
    authors = (each for each in _all(parts) if not each.tokens[0].place.file.startswith("<"))
    wanted = [each for each in authors if each.is_meant(names) and id(each) not in broken]
    if not wanted:
        return []
    declared = (t.index.place(node) for node in t.index.by_id.values() if "loc" in node and t.index.is_authors(node))
    lines = {(place.file, place.line) for place in declared}
    return [] if all(any(line in lines for line in _lines(part)) for part in wanted) else list(errors)


def _lines(part: TextPart) -> set[tuple[str, int]]:
    return {(token.place.file, token.place.line) for token in part.tokens}
