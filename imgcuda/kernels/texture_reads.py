"""Which functions read the textures of a kernel: on a GPU, a texture is made for one of them.

The bodies of functions are found by their brackets, so it works on all of C++.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache

from imgcuda.errors import LaunchError
from imgcuda.frontend.brackets import closings
from imgcuda.frontend.lexer import IDENTIFIER, Token
from imgcuda.frontend.mistakes import EnoughMistakes, Mistakes
from imgcuda.frontend.preprocessor import Preprocessor
from imgcuda.frontend.textures import FETCHES
from imgcuda.programs.instances import template_of
from imgcuda.programs.source import Program

_STATEMENTS = frozenset(["if", "for", "while", "switch", "catch"])
_BEHIND_LIST = frozenset(["const", "noexcept", "override", "final"])
"""The words that may stand between a function's arguments and its body."""


def reading_function(place: str, program: Program, kernel: str, dimensions: int, height: int) -> str:
    """Return the function by which a kernel reads a texture of an array: tex2D, tex1D or tex1Dfetch.

    `dimensions` are the array's, `height` is its number of rows. An array of one dimension is for tex1D or tex1Dfetch
    if the kernel calls one of them, one of several is for tex2D if the kernel calls that. LaunchError if none fits, or
    if both of the first two do. `place` begins the messages.
    """
    called = fetches_of(program, kernel)
    along_rows = [each for each in FETCHES if FETCHES[each] == 1 and each in called] if height == 1 else []
    across = ["tex2D"] if "tex2D" in called or not called else []
    found = (across or along_rows) if dimensions > 1 else (along_rows or across)
    if not found:
        functions, remedy = " and ".join(sorted(called)), "pass an array of one row, or read it by tex2D"
        raise LaunchError(
            f"{place}; the kernel reads textures by {functions}, and this one has {height} rows; {remedy}"
        )
    if len(found) > 1:
        remedy = "read textures of one row by one of them in a kernel"
        raise LaunchError(f"{place}; the kernel reads textures by {' and '.join(found)}; {remedy}")
    return found[0]


@lru_cache(maxsize=64)
def fetches_of(program: Program, kernel: str) -> frozenset[str]:
    """Return the functions that read textures in a kernel, and in what it calls."""
    mentioned = _mentioned(program)
    pending, seen = [template_of(kernel)], set[str]()
    while pending:
        name = pending.pop()
        if name not in seen:
            seen.add(name)
            pending += mentioned.get(name, ())
    return frozenset(seen & FETCHES.keys())


def _mentioned(program: Program) -> dict[str, set[str]]:
    """Return the names in the bodies of each function."""
    preprocessor = Preprocessor(program.text, program.name, dict(program.compiler), Mistakes("", ""))
    with suppress(EnoughMistakes):  # the compiler will report them
        preprocessor.run()
    tokens = preprocessor.tokens
    made = defaultdict[str, set[str]](set)
    for name, first, last in _bodies(tokens):
        made[name].update(each.text for each in tokens[first:last] if each.kind == IDENTIFIER)
    return made


def _bodies(tokens: list[Token]) -> Iterator[tuple[str, int, int]]:
    """Yield the name of each function, and where its body begins and ends."""
    closing = closings(tokens)
    for position, token in enumerate(tokens[:-1]):
        if token.kind != IDENTIFIER or token.text in _STATEMENTS or tokens[position + 1].text != "(":
            continue
        after = closing.get(position + 1, position) + 1
        while tokens[min(after, len(tokens) - 1)].text in _BEHIND_LIST:
            after += 1
        if after in closing and tokens[after].text == "{":
            yield token.text, after, closing[after]
