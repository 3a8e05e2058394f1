"""`with_c_names`: gives kernels C linkage, so that a C++ compiler keeps their names and a launch can find them.

`__constant__` variables of a file keep their names, too, unless they are static.
"""

from __future__ import annotations

from collections.abc import Iterator

from imgcuda.frontend.argument_lists import takes_argument
from imgcuda.frontend.lexer import IDENTIFIER, STRING, Lexer, Token

_SPECIFIERS = frozenset(["static", "inline", "__inline__", "__forceinline__", "__noinline__", "extern", "__host__"])


def with_c_names(text: str) -> str:
    """Return a text with `extern "C"` before each kernel, and without `static`, which would hide it or a constant.

    Templates are left as they are, since they cannot have C linkage. Lines keep their numbers.
    """
    starts = [0]
    for line in text.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    pieces, done = [], 0
    for token, length, put in sorted(_edits(text), key=lambda edit: (edit[0].place.line, edit[0].place.column)):
        start = starts[token.place.line - 1] + token.place.column - 1
        pieces += [text[done:start], put]
        done = start + length
    return "".join([*pieces, text[done:]])


def _edits(text: str) -> Iterator[tuple[Token, int, str]]:
    """Yield edits: the token where one begins, the number of characters that it replaces, and the new text."""
    for run in _runs(text):
        for position, token in enumerate(run):
            if token.text == "__global__":
                yield from _edit(run, position)
            elif token.text == "__constant__":
                yield from _without_static(run[_first(run, position) : position + 2])


def _runs(text: str) -> Iterator[list[Token]]:
    """Yield the tokens of each directive, and of the text between two directives."""
    run: list[Token] = []
    for line in Lexer(text, "").lines():
        if line and line[0].text == "#":
            yield run
            yield line
            run = []
        else:
            run += line
    yield run


def _edit(run: list[Token], kernel: int) -> Iterator[tuple[Token, int, str]]:
    first = _first(run, kernel)
    before = run[first - 1].text if first else ""
    is_c = any(each.kind == STRING for each in run[first:kernel])
    if before in (">", "template", "friend"):
        return
    if not is_c:
        yield run[first], 0, 'extern "C" '
    words = run[first : _behind_specifiers(run, kernel + 1)]
    yield from _without_static(words)


def _without_static(words: list[Token]) -> Iterator[tuple[Token, int, str]]:
    for token in words:
        if token.text == "static":
            yield token, len("static"), ""


def _first(run: list[Token], kernel: int) -> int:
    """Return the position of the first token of a kernel's declaration, without a template's arguments."""
    first = kernel
    while first > 0:
        before = run[first - 1]
        is_linkage = before.kind == STRING and first > 1 and run[first - 2].text == "extern"
        if before.text in _SPECIFIERS or is_linkage:
            first -= 1
        elif before.text in (")", "]") and (opening := _opening(run, first - 1)) is not None:
            first = opening
        else:
            break
    return first


def _opening(run: list[Token], closing: int) -> int | None:
    """Return the position where the `__launch_bounds__(...)` or `[[...]]` begins that a bracket closes, else None."""
    depth = 0
    for position in range(closing, -1, -1):
        depth += {")": 1, "]": 1, "(": -1, "[": -1}.get(run[position].text, 0)
        if depth == 0:
            if run[position].text == "[":
                return position if run[position + 1].text == "[" else None
            return position - 1 if position and takes_argument(run, position - 1) else None
    return None


def _behind_specifiers(run: list[Token], position: int) -> int:
    """Return the position behind the specifiers that follow `__global__`."""
    while position < len(run) and run[position].kind == IDENTIFIER and run[position].text != "void":
        position += 1
    return position
