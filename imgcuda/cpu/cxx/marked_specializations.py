"""Gives specializations of function templates the marks of their templates, as nvcc does: Clang has them repeated."""

from __future__ import annotations

import re

from imgcuda.frontend.reached_text import preprocessed
from imgcuda.frontend.source_lines import numbered_lines
from imgcuda.frontend.text_parts import TextPart, text_parts

_MARKED = {"IMGCUDA_S1": {"__device__"}, "IMGCUDA_S2": {"__host__", "__device__"}}
"""Macros for `template <>` with marks behind it. They are no longer than it, so all else stays at its place."""
_SPECIALIZATION = re.compile(r"template[ \t]*<[ \t]*>")
MACROS = "".join(f"#define {name} template <> {' '.join(sorted(marks))}\n" for name, marks in _MARKED.items())
"""The definitions of these macros."""


def with_marks(text: str, name: str) -> str:
    """Return a text of the same length in which specializations without marks have those of their templates."""
    if not _SPECIALIZATION.search(text):
        return text
    parts = text_parts(preprocessed(text, name))
    marks = {each: _marks(part) for part in parts if not part.specializes() for each in part.written}
    lines = text.split("\n")
    at = {place: number for number, place in enumerate(numbered_lines(lines, name))}
    for part in parts:
        wanted = next((marks[each] for each in part.written if marks.get(each)), set())
        if part.specializes() and not _marks(part) and wanted in _MARKED.values():
            place = part.tokens[0].place
            number = at.get((place.file, place.line))
            if number is not None:
                macro = next(macro for macro, each in _MARKED.items() if each == wanted)
                lines[number] = _replaced(lines[number], place.column - 1, macro)
    return "\n".join(lines)


def _marks(part: TextPart) -> set[str]:
    return {token.text for token in part.head if token.text in ("__host__", "__device__", "__global__")}


def _replaced(line: str, column: int, macro: str) -> str:
    found = _SPECIALIZATION.match(line, column)
    return line if found is None else f"{line[:column]}{macro.ljust(len(found[0]))}{line[found.end() :]}"
