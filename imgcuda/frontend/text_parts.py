"""Divides a text in C++ into its declarations, also where Clang cannot read them, and finds the names of each.

It knows brackets and a few words of C++. A function's body, an initializer and the like are not looked into.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, field

from imgcuda.frontend.argument_lists import takes_argument
from imgcuda.frontend.brackets import past_angles
from imgcuda.frontend.host_code import DEVICE_WORDS
from imgcuda.frontend.lexer import END, IDENTIFIER, Token
from imgcuda.frontend.syntax import Place
from imgcuda.frontend.type_names import BASIC_WORDS

_RECORDS = frozenset(["class", "struct", "union"])
_OPENING = {"(": ")", "[": "]", "{": "}"}
_BEHIND_A_NAME = frozenset("(=;[,{:")
_FOR_DEVICE = DEVICE_WORDS | {"constexpr"}
_NAMES_MORE = _RECORDS | {"enum", "typedef", "using", "static"}
"""The words of members of a class that do not change what an object has in it."""
_MEANS_MORE = _FOR_DEVICE | _NAMES_MORE | {"const", "template", "namespace", "concept"}
"""The words of a declaration outside of classes that is more than a variable of the host, which no kernel can use."""


@dataclass(eq=False)
class TextPart:
    """A declaration: a function, a class, a member of a class, a variable ..."""

    tokens: Sequence[Token]
    head: list[Token]
    """The tokens without the body of a function, and without the members of a class."""
    names: set[str]
    """The names that it declares, as far as what a kernel means may depend on them."""
    written: set[str] = field(default_factory=set)
    """All names before a sign like `(` or `;`, also those of the host."""
    record: str = ""
    """The class that it is a member of, without which it means nothing."""
    members: list[TextPart] = field(default_factory=list)

    def is_meant(self, names: Set[str]) -> bool:
        """Return whether what some names mean may depend on this part."""
        return bool(self.names & names) and (not self.record or self.record in names)

    def is_written(self, names: Set[str]) -> bool:
        """Return whether this part declares one of some names, for whichever side."""
        return bool(self.written & names) and (not self.record or self.record in names)

    def holds(self, place: Place) -> bool:
        """Return whether a place lies in this part."""
        first, last = self.tokens[0].place, self.tokens[-1].place
        if not first.file == place.file == last.file:
            return False
        return (first.line, first.column) <= (place.line, place.column) <= (last.line, last.column)

    def specializes(self) -> bool:
        """Return whether this is a specialization of a template: `template <>`."""
        return _specializes(self.head)

    def declared(self) -> list[Token]:
        """Return the tokens of the declaration without the bodies of functions, also those of members."""
        return [*self.head, *(token for each in self.members for token in each.declared())]


def text_parts(tokens: Sequence[Token]) -> list[TextPart]:
    """Return the declarations outside of functions and classes, those in namespaces among them."""
    return list(_TextReader(tokens).parts(0, len(tokens) - 1, ""))


def innermost(parts: Sequence[TextPart], place: Place) -> TextPart | None:
    """Return the smallest part that a place lies in."""
    found = next((each for each in parts if each.holds(place)), None)
    return None if found is None else innermost(found.members, place) or found


class _TextReader:
    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tokens
        self._closing = _closing(tokens)

    def parts(self, first: int, end: int, record: str) -> Iterator[TextPart]:
        """Yield the declarations between two positions, which are the members of `record` if it has a name."""
        here = first
        while here < end:
            if self._text(here) in ("public", "private", "protected") and self._text(here + 1) == ":":
                here += 2
            elif self._text(here) in (";", ":", "}"):
                here += 1
            elif (brace := self._scope(here)) < end:
                behind = self._closing.get(brace, end)
                yield from self.parts(brace + 1, behind, record)
                here = behind + 1
            else:
                part = _PartWalker(self, here, end, record)
                yield part.read()
                here = part.here

    def _text(self, position: int) -> str:
        return self._tokens[position].text

    def _scope(self, here: int) -> int:
        """Return the position of the brace of a namespace or `extern "C"` that begins here; the end if none does."""
        words = ("extern", "inline", "namespace")
        if self._text(here) not in words or (self._text(here) == "inline" and self._text(here + 1) != "namespace"):
            return len(self._tokens)
        while self._text(here) not in ("{", ";", "(", "=", "<") and self._tokens[here].kind != END:
            here += 1
        return here if self._text(here) == "{" and not self._is_record(here) else len(self._tokens)

    def _is_record(self, brace: int) -> bool:
        return not _RECORDS.isdisjoint(self._text(each) for each in range(max(0, brace - 3), brace))

    def behind(self, opening: int) -> int:
        """Return the position behind the bracket that closes another, or behind the opening one if none does."""
        return self._closing.get(opening, opening) + 1

    def behind_angles(self, opening: int, end: int) -> int:
        """Return the position behind a template's arguments; `opening` if none begin there."""
        return past_angles(self._tokens, opening, end, self._closing)

    def token(self, position: int) -> Token:
        return self._tokens[position]

    def slice(self, first: int, end: int) -> Sequence[Token]:
        return self._tokens[first:end]

    def takes_argument(self, position: int) -> bool:
        return takes_argument(self._tokens, position)


class _PartWalker:
    """Reads one declaration; `here` is then behind it."""

    def __init__(self, reader: _TextReader, first: int, end: int, record: str) -> None:
        self._reader, self._first, self._end, self._record = reader, first, end, record
        self.here = first
        self._head: list[Token] = []
        self._names: list[str] = []
        self._words = set[str]()
        self._class = ""
        self._arguments = self._initialized = self._in_initializers = False
        self._members: list[TextPart] = []

    def read(self) -> TextPart:
        while self.here < self._end and not self._step():
            pass
        tokens = self._reader.slice(self._first, self.here)
        written = {*self._names, *(self._words & {"operator"})}
        return TextPart(tokens, self._head, self._declared(), written, self._record, self._members)

    def _step(self) -> bool:
        """Read one token, or a group in brackets; return whether the declaration has ended."""
        token = self._reader.token(self.here)
        text = token.text
        if text == "{":
            return self._brace()
        if token.kind == IDENTIFIER and self._reader.takes_argument(self.here):
            self._take(self._reader.behind(self.here + 1))
        elif text in _OPENING:
            self._arguments = self._arguments or (text == "(" and self._is_function())
            self._take(self._reader.behind(self.here))
        elif text == "<" and (behind := self._reader.behind_angles(self.here, self._end)) > self.here:
            self._take(behind)
        else:
            self._note_class(token)
            self._words.add(text)
            self._initialized = self._initialized or text == "="
            self._in_initializers = self._in_initializers or (text == ":" and self._arguments)
            if token.kind == IDENTIFIER and self._names_something():
                self._names.append(text)
            self._take(self.here + 1)
        return text == ";"

    def _note_class(self, token: Token) -> None:
        """Note the name of a class: what stands behind `class`, and before its bases."""
        before = self._reader.token(self.here - 1).text if self.here > self._first else ""
        if token.kind == IDENTIFIER and self._words & _RECORDS and (not self._class or before == "::"):
            self._class = token.text

    def _take(self, behind: int) -> None:
        self._head += self._reader.slice(self.here, behind)
        self.here = behind

    def _is_function(self) -> bool:
        """Return whether the bracket here begins a function's arguments."""
        before = self._reader.token(self.here - 1)
        pointer = self._reader.token(self.here + 1).text in ("*", "&", "^")
        named = before.kind == IDENTIFIER and before.text not in BASIC_WORDS
        return (named and not pointer) or "operator" in self._words or before.text == ">"

    def _names_something(self) -> bool:
        behind = self.here + 1
        if self._reader.token(behind).text == "<":
            behind = self._reader.behind_angles(behind, self._end)
        return self._reader.token(behind).text in _BEHIND_A_NAME and not self._initialized and not self._in_initializers

    def _brace(self) -> bool:
        """Read a group in braces; return whether the declaration has ended, as it does with a function's body."""
        behind = self._reader.behind(self.here)
        before = self._reader.token(self.here - 1)
        if self._arguments and not (self._in_initializers and (before.kind == IDENTIFIER or before.text == ">")):
            self._head.append(self._reader.token(self.here))
            self.here = behind
            return True
        if self._words & _RECORDS and not self._initialized and not self._words & {"enum"}:
            self._names.append(self._class)
            self._members += self._reader.parts(self.here + 1, behind - 1, self._class or " ")
            self.here = behind
            return False
        if "enum" in self._words:
            inside = self._reader.slice(self.here, behind)
            self._names += [each.text for each in inside if each.kind == IDENTIFIER]
        self._take(behind)
        return False

    def _declared(self) -> set[str]:
        """Return the names declared; for a member that makes a class what it is, the name of the class, too."""
        names = set(self._names)
        of_class = {self._record} if self._record else set[str]()
        if "virtual" in self._words:
            return names | of_class
        if self._arguments:  # a kernel can call no function of the host
            if _FOR_DEVICE.isdisjoint(self._words) and not _specializes(self._head):
                return set()
            signs = self._signs()
            converts = "operator" in self._words and not signs
            return names | signs | (of_class if converts else set())
        if self._record:
            return of_class if self._words.isdisjoint(_NAMES_MORE) else names
        return names if self._words & _MEANS_MORE else set()

    def _signs(self) -> set[str]:
        """Return the signs of the operator that a function is; none if it is a conversion or no operator."""
        texts = [each.text for each in self._head]
        behind = texts[texts.index("operator") + 1 :] if "operator" in texts else []
        return {text for text in behind[:2] if not text[0].isalnum() and text[0] != "_"} if behind[1:] else set()


def _specializes(head: Sequence[Token]) -> bool:
    return [each.text for each in head[:3]] == ["template", "<", ">"]


def _closing(tokens: Sequence[Token]) -> dict[int, int]:
    """Return the positions of closing brackets by those of the opening ones, as far as they match."""
    found: dict[int, int] = {}
    open_brackets: list[int] = []
    for position, token in enumerate(tokens):
        if token.text in _OPENING:
            open_brackets.append(position)
        elif token.text in _OPENING.values():
            while open_brackets and _OPENING[tokens[open_brackets[-1]].text] != token.text:
                open_brackets.pop()
            if open_brackets:
                found[open_brackets.pop()] = position
    return found
