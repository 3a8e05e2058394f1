"""Matches brackets in a file that may be broken, or may hold C++ that the front end does not know."""

from __future__ import annotations

from collections.abc import Sequence

from imgcuda.frontend.lexer import END, IDENTIFIER, STRING, Token

_OPENING = {")": "(", "]": "[", "}": "{"}

_ANGLES = 50
"""The most tokens in template arguments; a `<` that is not closed within so many is a comparison."""


def closings(tokens: Sequence[Token]) -> dict[int, int]:
    """Return the position of the closing bracket for that of each opening one. Brackets that are never closed are left
    out, and so are the braces of `extern "C" {` and of namespaces.

    A kernel is never inside brackets: all that are open where one begins were never closed.
    """
    found: dict[int, int] = {}
    open_brackets: list[int] = []
    for position, token in enumerate(tokens):
        text = token.text
        if text in ("(", "[") or (text == "{" and not _opens_scope(tokens, position)):
            open_brackets.append(position)
        elif text in _OPENING:
            _close(tokens, open_brackets, position, found)
        elif text == "__global__" and tokens[position - 1].text != "friend":
            open_brackets.clear()
    return found


def _close(tokens: Sequence[Token], open_brackets: list[int], position: int, found: dict[int, int]) -> None:
    """Close the innermost bracket of a kind; a closing brace also drops the brackets that are open within it."""
    wanted = _OPENING[tokens[position].text]
    if wanted == "{":
        while open_brackets and tokens[open_brackets[-1]].text != "{":
            open_brackets.pop()
    if open_brackets and tokens[open_brackets[-1]].text == wanted:
        found[open_brackets.pop()] = position


def _opens_scope(tokens: Sequence[Token], brace: int) -> bool:
    """Whether a brace begins a namespace or `extern "C"`, so that its contents are still at file scope."""
    if brace > 1 and tokens[brace - 1].kind == STRING and tokens[brace - 2].text == "extern":
        return True
    for position in range(brace - 1, max(-1, brace - 64), -1):
        if tokens[position].text == "namespace":
            return True
        if tokens[position].kind != IDENTIFIER and tokens[position].text != "::":
            return False
    return False


def past_angles(tokens: Sequence[Token], position: int, end: int, closing: dict[int, int]) -> int:
    """Return the position behind template arguments, `<...>`; `position` itself if none begin there."""
    depth, here = 0, position
    while here < min(end, position + _ANGLES):
        text = tokens[here].text
        never_closed = text in ("(", "[") and here not in closing
        depth += {"<": 1, ">": -1, ">>": -2}.get(text, 0)
        if text in (";", "{", "}", ")", "]") or tokens[here].kind == END or never_closed:
            return position
        here = closing.get(here, here) + 1
        if depth <= 0:
            return here
    return position
