"""Blanks out the declarations that a kernel does not use, for example other kernels with templates."""

from __future__ import annotations

from collections.abc import Sequence, Set

from imgcuda.frontend.host_code import DEVICE_WORDS, blanked
from imgcuda.frontend.lexer import END, IDENTIFIER, Token
from imgcuda.frontend.mistakes import EnoughMistakes, Mistakes
from imgcuda.frontend.preprocessor import preprocess
from imgcuda.frontend.text_parts import TextPart, text_parts

_KEPT = frozenset(["using", "static_assert"])
"""The first words of declarations that are kept, used or not."""


def reached_text(text: str, file: str, name: str, host_only: bool) -> str:
    """Return a text in which the declarations that `name` does not lead to are blanks, or only those for the host.

    A declaration is kept if one that is kept has its name in it anywhere.
    """
    tokens = preprocessed(text, file)
    if not tokens:
        return text
    left = _unused(text_parts(tokens), name)
    unread = [each for each in left if not (host_only and _is_for_device(each))]
    return blanked(text, file, [(each.tokens[0].place, each.tokens[-1].place) for each in unread])


def preprocessed(text: str, file: str) -> Sequence[Token]:
    """Return the tokens of a text behind the preprocessor; none if it has so many mistakes that it stops."""
    try:
        tokens = preprocess(text, file, {}, Mistakes(text, file))
    except EnoughMistakes:
        return []
    return tokens if tokens and tokens[-1].kind == END else []


def _unused(parts: Sequence[TextPart], name: str) -> list[TextPart]:
    """Return the declarations that a name does not lead to."""
    names, left = {name}, [each for each in parts if each.tokens[0].text not in _KEPT]
    while fitting := [each for each in left if _declares(each, names)]:
        left = [each for each in left if each not in fitting]
        for each in fitting:
            names |= {token.text for token in each.tokens if token.kind == IDENTIFIER}
    return left


def _declares(part: TextPart, names: Set[str]) -> bool:
    """Return whether a part declares one of some names; an operator, which is found by its sign, may be any."""
    return not part.written.isdisjoint(names) or "operator" in part.written


def _is_for_device(part: TextPart) -> bool:
    return not DEVICE_WORDS.isdisjoint(token.text for token in part.tokens)
