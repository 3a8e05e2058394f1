"""Splits the text after a filter's name at its commas, and reads quoted values: `image="a,b.png",x=1`."""

from __future__ import annotations

import re

from imgcuda.errors import ParameterError, shown

_NAME = re.compile(r"[^=,'\"\[]*=\s*")
_QUOTED = re.compile(r"""'[^']*'|"(?:[^"\\]|\\.)*\"""", re.DOTALL)
_ESCAPED = re.compile(r"""\\([],['"])""")
_LIST_PIECE = re.compile(r'"(?:[^"\\]|\\.)*"|.', re.DOTALL)
_PIECE = re.compile(r"""\\[],['"]|.""", re.DOTALL)


def split(text: str) -> list[str]:
    """Return the parts of a text between its commas: a=1, b=[1,2] and c='x,y' for "a=1,b=[1,2],c='x,y'".

    Commas in quotes, in brackets or behind a backslash do not count. Raises ParameterError for a quote that does not
    end, or does not end where its value does.
    """
    parts, start = [], 0
    while (end := _end(text, start)) < len(text):
        parts.append(text[start:end])
        start = end + 1
    return [*parts, text[start:]]


def unquoted(text: str) -> str:
    """Return the value of a text that may be quoted.

    In single quotes each character stands for itself. In double quotes a backslash escapes " and another backslash.
    Without quotes a backslash escapes a comma, a bracket or a quote, except in a list.
    """
    if text[:1] == "'":
        return text[1:-1]
    if text[:1] == '"':
        return re.sub(r'\\(["\\])', r"\1", text[1:-1])
    return text if text[:1] == "[" else _ESCAPED.sub(r"\1", text)


def quoted(text: str) -> str:
    """Return a value quoted if needed, so that `unquoted` returns it again."""
    plain = text == text.strip() and not {*text} & {*",'\"\\[]"}
    if plain or text[:1] == "[":
        return text
    return f"'{text}'" if "'" not in text else '"' + re.sub(r'(["\\])', r"\\\1", text) + '"'


def _end(text: str, start: int) -> int:
    """Return the end of the assignment that begins at `start`: a comma, or the end of the text."""
    name = _NAME.match(text, start)
    begin = name.end() if name else start
    if name and text[begin : begin + 1] in ("'", '"'):
        return _end_of_quoted(text, begin)
    if text[begin : begin + 1] == "[":
        return _comma(_LIST_PIECE, text, begin)[0]
    end, depth = _comma(_PIECE, text, begin)
    return end if depth == 0 else _comma(_PIECE, text, begin, nested=False)[0]  # a bracket that does not close


def _end_of_quoted(text: str, begin: int) -> int:
    whole = _QUOTED.match(text, begin)
    if whole is None:
        raise ParameterError(f"{shown(text[begin:])} begins with a quote that does not end; write image='a,b.png'")
    end = text.find(",", whole.end())
    end = len(text) if end < 0 else end
    if rest := text[whole.end() : end].strip():
        raise ParameterError(f"{shown(rest)} follows the end of a quote; write the whole value in quotes")
    return end


def _comma(piece: re.Pattern[str], text: str, begin: int, nested: bool = True) -> tuple[int, int]:
    """Return the position of the first comma, or the end of the text, and the number of brackets open there. With
    `nested`, commas within brackets do not count."""
    depth = 0
    for found in piece.finditer(text, begin):
        if nested:
            depth = max(0, depth + (found[0] == "[") - (found[0] == "]"))
        if found[0] == "," and depth == 0:
            return found.start(), 0
    return len(text), depth
