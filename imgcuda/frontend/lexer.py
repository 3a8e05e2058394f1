"""Source text -> the tokens of one logical line after another, each with its place.

Comments are dropped; a line that ends in a backslash goes on in the next, and each token still knows the
line that it stands on. The preprocessor tells the lexer of `#line`, which renumbers the lines that follow.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from imgcuda.frontend.syntax import Place

IDENTIFIER = "identifier"
NUMBER = "number"
STRING = "string"
CHARACTER = "character"
PUNCTUATOR = "punctuator"
PRAGMA = "pragma"
"""The kind of the token that the preprocessor makes of `#pragma unroll`."""
OTHER = "other"
"""A stray character, or a quote or comment that is never closed."""
END = "end"

NOT_HIDDEN: frozenset[str] = frozenset()

# Possessive quantifiers, *+, need no memory for backtracking for each character of a long string.
_PATTERN = re.compile(
    r"""[ \t\r\f\v]*(?:
      (?P<raw>(?:u8|[uUL])?R"(?P<fence>[^()\\\s]{0,16})\([\s\S]*?\)(?P=fence)")
    | (?P<unclosed>(?:u8|[uUL])?R"[^()\\\s]{0,16}\([\s\S]*)
    | (?P<identifier>[A-Za-z_$][\w$]*)
    | (?P<number>0[xX](?:[pP][+-]|'(?=\w)|[\w.])*+|\.?\d(?:[eE][+-]|'(?=\w)|[\w.])*+)
    | (?P<comment>//[^\n]*|/\*[\s\S]*?\*/)
    | (?P<other>/\*[\s\S]*)
    | (?P<punctuator><<<|<<=|>>=|\.\.\.|[-+*/%&|^<>=!]=|<<|>>|->|\+\+|--|&&|\|\||::|\#\#|[][(){}<>+\-*/%&|^~!=?:;,.\#])
    | (?P<newline>\n)
    | (?P<string>"(?:[^"\\\n]|\\.)*+")
    | (?P<character>'(?:[^'\\\n]|\\.)*+')
    | (?P<stray>[\s\S])
    )""",
    re.VERBOSE | re.ASCII,
)
_KINDS = ("", STRING, "", OTHER, IDENTIFIER, NUMBER, "comment", OTHER, PUNCTUATOR, "newline", STRING, CHARACTER, OTHER)
_OPERATORS = {
    **{"and": "&&", "or": "||", "not": "!", "xor": "^", "bitand": "&", "bitor": "|", "compl": "~"},
    **{"not_eq": "!=", "and_eq": "&=", "or_eq": "|=", "xor_eq": "^="},
}
"""The operators of C++ that may be written as words."""
_UNCLOSED = {_PATTERN.groupindex["unclosed"]: '"', _PATTERN.groupindex["other"]: "/*"}
"""The start of a raw string or a comment that is never closed, and takes the rest of the text."""


class Token:
    """One word of the source: its kind, its text and where it stands."""

    __slots__ = ("hidden", "kind", "of_file", "place", "spaced", "text")

    def __init__(
        self, kind: str, text: str, place: Place, spaced: bool = False, hidden: frozenset[str] = NOT_HIDDEN
    ) -> None:
        self.kind = kind
        self.text = text
        self.place = place
        self.spaced = spaced  # whether white space stands before it
        self.hidden = hidden  # the macros whose expansion made it; they are not expanded in it again
        self.of_file = False  # whether a scope stood before it, as in `::gain`: it is not a local variable's name

    @property
    def macro(self) -> str:
        """The macro whose expansion made it; of several the one with the shortest name, empty if none did."""
        return min(self.hidden, key=lambda name: (len(name), name), default="")

    def __repr__(self) -> str:
        return f"{self.kind} {self.text!r} at {self.place.line}:{self.place.column}"


class Lexer:
    """The logical lines of a text; `renumber` changes the file and number of those still to come."""

    def __init__(self, text: str, file: str) -> None:
        self.file = file
        self._text, self._starts = _join_continued_lines(text)
        self._row = 0
        self._first = 1

    def renumber(self, line: int, file: str) -> None:
        """Set the number and the file of the next physical line."""
        self.file = file
        self._first = line - self._row - 1

    def lines(self) -> Iterator[list[Token]]:
        """Yield the tokens of each logical line; an empty line gives an empty list."""
        starts, row, after = self._starts, 0, self._starts[1]
        file, first = self.file, self._first
        tokens: list[Token] = []
        spaced = False
        for match in _PATTERN.finditer(self._text):
            group = match.lastindex or 0
            kind = _KINDS[group]
            start = match.start(group)
            while start >= after:
                row += 1
                after = starts[row + 1]
            if kind == "comment":
                spaced = True
            elif kind == "newline":
                self._row = row
                yield tokens
                tokens, file, first, spaced = [], self.file, self._first, False
            else:
                text = _UNCLOSED.get(group) or match[group]
                if text in _OPERATORS:
                    kind, text = PUNCTUATOR, _OPERATORS[text]
                place = Place(file, row + first, start - starts[row] + 1)
                tokens.append(Token(kind, text, place, spaced or start > match.start()))
                spaced = False
        if tokens:
            yield tokens


def _join_continued_lines(text: str) -> tuple[str, list[int]]:
    """Return the text without backslash-newlines, and where in it each physical line starts."""
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
    pieces, starts, length = [], [], 0
    for line in lines:
        piece = line[:-1] if line.endswith("\\") else line + "\n"
        starts.append(length)
        length += len(piece)
        pieces.append(piece)
    starts.append(length + 1)
    return "".join(pieces) + "\n", starts


@lru_cache(maxsize=4096)
def kind_of(text: str) -> str | None:
    """Return the kind of the one token that `text` spells, None if it is not exactly one."""
    match = _PATTERN.fullmatch(text)
    kind = _KINDS[match.lastindex or 0] if match and match[match.lastindex or 0] == text else None
    return kind if kind not in ("comment", "newline", OTHER) else None
