"""`read_outline`: reads the declarations of a CUDA C++ file outside its functions, after the preprocessor.

It is not a parser: it skips what it does not know, bracket by bracket, since NVRTC checks C++ for GPUs. So it finds
kernels also in files with templates, classes, lambdas and namespaces.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from imgcuda.frontend.lexer import Token
from imgcuda.frontend.mistakes import EnoughMistakes, Mistakes
from imgcuda.frontend.outline import Fault, Outline
from imgcuda.frontend.preprocessor import Preprocessor
from imgcuda.frontend.syntax import Place
from imgcuda.frontend.top_level import DeclarationReader


class _Faults(Mistakes):
    """Keeps the first mistakes; a compiler will report all of them."""

    def __init__(self) -> None:
        super().__init__("", "")
        self.kept: list[Fault] = []

    def add(self, message: str, place: Place, remedy: str = "", *, portable: bool = False) -> None:
        if not portable and len(self.kept) < self.LIMIT:
            self.kept.append(Fault(message, place.file, place.line, place.column, remedy))


def read_outline(text: str, file: str, macros: Mapping[str, str]) -> Outline:
    """Return the outline of a text; `macros` are the ones that its compiler defines before the first line."""
    faults = _Faults()
    preprocessor = Preprocessor(text, file, macros, faults)
    with suppress(EnoughMistakes):
        preprocessor.run()
    tokens = preprocessor.tokens
    reader = DeclarationReader(tokens)
    reader.run()
    return Outline(
        tuple(reader.functions),
        tuple(dict.fromkeys(reader.names)),
        tuple(preprocessor.defined.items()),
        tuple(reader.typedefs),
        tuple(reader.constants.items()),
        tuple(reader.variables.items()),
        _sized_by_launch(tokens),
        tuple(faults.kept),
    )


def _sized_by_launch(tokens: list[Token]) -> bool:
    seen: set[str] = set()
    for token in tokens:
        if token.text in (";", "{", "}"):
            seen.clear()
        elif token.text in ("extern", "__shared__"):
            seen.add(token.text)
            if len(seen) == 2:
                return True
    return False
