"""Splits the text of a chain into steps and assignments, and reads quoted values: `composite:image="a,b.png",x=1`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial

from imgcuda.errors import ParameterError, shown

SEPARATOR = "|"
"""Between two steps of a chain."""
RECIPE = "@"
"""Before the name of a recipe, in the place of a filter's name."""

_STEP_NAME = re.compile(r"[^:|]*:?")
_NAME = re.compile(r"[^=,|'\"\[]*=\s*")
_QUOTED = re.compile(r"""'[^']*'|"(?:[^"\\]|\\.)*\"""", re.DOTALL)
_ESCAPED = re.compile(r"""\\([],|['"])""")
_LIST_PIECE = re.compile(r'"(?:[^"\\]|\\.)*"|.', re.DOTALL)
_PIECE = re.compile(r"""\\[],|['"]|.""", re.DOTALL)
_SPECIAL = {*",|'\"\\[]"}
_NUMBERS = re.compile(r"\[[-+.,\deE\[\]]*\]")
"""A list of numbers, which needs no quotes."""


def split_chain(text: str) -> list[str]:
    """Return the steps of a chain: "blur:sigma=3" and "edges" for "blur:sigma=3 | edges".

    A | in quotes or behind a backslash does not count. Raises ParameterError for a quote as `split` does.
    """
    return [step.strip() for step in _parts(text, _end_of_step)]


def split(text: str) -> list[str]:
    """Return the parts of a text between its commas: a=1, b=[1,2] and c='x,y' for "a=1,b=[1,2],c='x,y'".

    Commas in quotes, in brackets or behind a backslash do not count. Raises ParameterError for a quote that does not
    end, or does not end where its value does.
    """
    return list(_parts(text, partial(_end, ends=",")))


def split_values(text: str) -> list[str]:
    """Return the values of a text between its |: 0.5 and 1 for "0.5|1", without blanks around them.

    A | in quotes, in a list or behind a backslash does not count.
    """
    return [value.strip() for value in _parts(text, partial(_end_of_value, ends=SEPARATOR))]


def unquoted(text: str) -> str:
    """Return the value of a text that may be quoted.

    In single quotes each character stands for itself. In double quotes a backslash escapes " and another backslash.
    Without quotes a backslash escapes a comma, a |, a bracket or a quote, except in a list.
    """
    if text[:1] == "'":
        return text[1:-1]
    if text[:1] == '"':
        return re.sub(r'\\(["\\])', r"\1", text[1:-1])
    return text if text[:1] == "[" else _ESCAPED.sub(r"\1", text)


def quoted(text: str) -> str:
    """Return a value quoted if needed, so that `unquoted` returns it again."""
    plain = text and text == text.strip() and _SPECIAL.isdisjoint(text)
    if plain or (_NUMBERS.fullmatch(text) and text.count("[") == text.count("]")):
        return text
    return f"'{text}'" if "'" not in text else '"' + re.sub(r'(["\\])', r"\\\1", text) + '"'


def _parts(text: str, end_of: Callable[[str, int], int]) -> Iterator[str]:
    """Yield the parts of a text. `end_of` returns where the part that begins at a place ends: at a separator, or at the
    end of the text."""
    start = 0
    while (end := end_of(text, start)) < len(text):
        yield text[start:end]
        start = end + 1
    yield text[start:]


def _end_of_step(text: str, start: int) -> int:
    """Return the end of the step that begins at `start`: a |, or the end of the text."""
    begin = len(text) - len(text[start:].lstrip())
    if text[begin : begin + 1] == RECIPE:
        return _end_of_value(text, begin + 1, SEPARATOR)
    name = _STEP_NAME.match(text, begin)
    at = name.end() if name else begin
    while name and name[0].endswith(":") and (at := _end(text, at, f",{SEPARATOR}")) < len(text) and text[at] == ",":
        at += 1
    return at


def _end(text: str, start: int, ends: str) -> int:
    """Return the end of the assignment that begins at `start`: one of the characters `ends`, or the end of the text."""
    name = _NAME.match(text, start)
    return _end_of_value(text, name.end() if name else start, ends, may_be_quoted=name is not None)


def _end_of_value(text: str, begin: int, ends: str, may_be_quoted: bool = True) -> int:
    if may_be_quoted and text[begin : begin + 1] in ("'", '"'):
        return _end_of_quoted(text, begin, ends)
    if text[begin : begin + 1] == "[":
        return _first(_LIST_PIECE, text, begin, ends)[0]
    end, depth = _first(_PIECE, text, begin, ends)
    return end if depth == 0 else _first(_PIECE, text, begin, ends, nested=False)[0]  # a bracket that does not close


def _end_of_quoted(text: str, begin: int, ends: str) -> int:
    whole = _QUOTED.match(text, begin)
    if whole is None:
        raise ParameterError(f"{shown(text[begin:])} begins with a quote that does not end; write image='a,b.png'")
    found = [at for each in ends if (at := text.find(each, whole.end())) >= 0]
    end = min(found, default=len(text))
    if rest := text[whole.end() : end].strip():
        raise ParameterError(f"{shown(rest)} follows the end of a quote; write the whole value in quotes")
    return end


def _first(piece: re.Pattern[str], text: str, begin: int, ends: str, nested: bool = True) -> tuple[int, int]:
    """Return the position of the first of the characters `ends`, or the end of the text, and the number of brackets
    open there. With `nested`, commas within brackets do not count; a | always does."""
    depth = 0
    for found in piece.finditer(text, begin):
        if nested:
            depth = max(0, depth + (found[0] == "[") - (found[0] == "]"))
        if found[0] in ends and (depth == 0 or found[0] == SEPARATOR):
            return found.start(), depth
    return len(text), depth
