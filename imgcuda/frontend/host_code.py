"""Finds the functions of the host in a file, without `__global__` or `__device__`: the parser steps over them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from imgcuda.frontend.argument_lists import takes_argument
from imgcuda.frontend.lexer import END, IDENTIFIER, Token
from imgcuda.frontend.source_lines import numbered_lines
from imgcuda.frontend.syntax import Place

DEVICE_WORDS = frozenset(["__global__", "__device__", "__constant__", "__shared__", "__managed__"])
"""The words that mark a declaration as one for the device."""
_CLOSING = {"(": ")", "[": "]", "{": "}"}
_NOT_OF_THE_HOST = DEVICE_WORDS | {"=", ";", "}", "using", "typedef", "namespace"}
"""The words and signs that a function of the host does not have before its body."""


def behind_host_function(tokens: Sequence[Token], first: int) -> int:
    """Return the position behind the function of the host that is defined at a position; `first` if none is."""
    here, called, initializers = first, False, False
    while tokens[here].kind != END and tokens[here].text not in _NOT_OF_THE_HOST:
        text = tokens[here].text
        if text == "," and called and not initializers:
            return first  # `dim3 a(1, 2), b{3};`
        initializers = initializers or (text == ":" and called)
        if text == "{" and not (initializers and tokens[here - 1].kind == IDENTIFIER):
            end = _behind(tokens, here) if called else here
            return end if end > here else first
        if takes_argument(tokens, here):
            here = _behind(tokens, here + 1)
        elif text in _CLOSING:
            behind = _behind(tokens, here)
            called = called or (text == "(" and here > first and tokens[here - 1].kind == IDENTIFIER)
            here = max(behind, here + 1)
        else:
            here += 1
    return first


def behind_declaration(tokens: Sequence[Token], first: int) -> int:
    """Return the position behind the semicolon of a declaration; `first` if it has none before a kernel."""
    here = first
    while tokens[here].kind != END and tokens[here].text not in (";", "}", "__global__"):
        here = max(_behind(tokens, here), here + 1) if tokens[here].text in _CLOSING else here + 1
    return here + 1 if tokens[here].text == ";" else first


def _behind(tokens: Sequence[Token], opening: int) -> int:
    """Return the position behind the bracket that closes another; `opening` itself if none does before a kernel."""
    kind, depth, here = tokens[opening].text, 0, opening
    while tokens[here].kind != END and tokens[here].text != "__global__":
        depth += (tokens[here].text == kind) - (tokens[here].text == _CLOSING[kind])
        here += 1
        if depth == 0:
            return here
    return opening


def name_of(tokens: Sequence[Token], first: int) -> str:
    """Return the name of the function that is defined at a position."""
    here = first
    while tokens[here].text != "(" or tokens[here - 1].kind != IDENTIFIER:
        here = _behind(tokens, here + 1) if takes_argument(tokens, here) else here + 1
    return tokens[here - 1].text


def names_in(item: Sequence[Token]) -> set[str]:
    """Return the names that a declaration may declare: those with one of `= ; [ , { :` behind them."""
    return {
        each.text
        for each, sign in pairwise(item)
        if each.kind == IDENTIFIER and sign.text in ("=", ";", "[", ",", "{", ":")
    }


def blanked(text: str, name: str, items: Iterable[tuple[Place, Place]]) -> str:
    """Return a text with items, each from a first to a last token, replaced by blanks; directives in them stay.

    So a compiler that knows no host code can read it, and lines keep their numbers. `name` is the text's own.
    """
    lines = text.split("\n")
    at = {place: number for number, place in enumerate(numbered_lines(lines, name))}
    for first, last in items:
        begin, end = at.get((first.file, first.line)), at.get((last.file, last.line))
        if begin is None or end is None:
            continue
        directive = False
        for number in range(begin, end + 1):
            line = lines[number]
            directive = line.lstrip().startswith("#") or (directive and lines[number - 1].endswith("\\"))
            left = first.column - 1 if number == begin else 0
            right = last.column if number == end else len(line)
            if number == begin or not directive:
                lines[number] = line[:left] + " " * (right - left) + line[right:]
    return "\n".join(lines)
