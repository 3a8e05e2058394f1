"""Reads the parameters of a template, as far as a launch must know them: `template <typename T, int N = 3>`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from imgcuda.frontend.lexer import IDENTIFIER, Token
from imgcuda.frontend.macros import spell

_OPENING, _CLOSING = frozenset("<([{"), frozenset(">)]}")


def template_parameters(tokens: Sequence[Token]) -> tuple[tuple[str, str], ...]:
    """Return the parameters in a list from `<` to `>`: their names, and the texts of their defaults."""
    return tuple(_parameter(part) for part in _parts(tokens[1:-1]) if part)


def _parts(tokens: Sequence[Token]) -> Iterator[Sequence[Token]]:
    """Yield what stands between commas, apart from those in brackets."""
    depth, start = 0, 0
    for position, token in enumerate(tokens):
        depth += (token.text in _OPENING) - (token.text in _CLOSING)
        if token.text == "," and depth == 0:
            yield tokens[start:position]
            start = position + 1
    yield tokens[start:]


def _parameter(tokens: Sequence[Token]) -> tuple[str, str]:
    end = next((position for position, token in enumerate(tokens) if token.text == "="), len(tokens))
    names = [token.text for token in tokens[:end] if token.kind == IDENTIFIER]
    return (names[-1] if len(names) > 1 else ""), spell(list(tokens[end + 1 :]))
