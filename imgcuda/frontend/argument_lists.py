"""Reads a C++ function's argument list, as far as a launch must know it, and reports one that cannot be read."""

from __future__ import annotations

from collections.abc import Sequence

from imgcuda.frontend.brackets import past_angles
from imgcuda.frontend.lexer import IDENTIFIER, Token
from imgcuda.frontend.macros import spell
from imgcuda.frontend.outline import Fault, HeadArgument
from imgcuda.frontend.syntax import Place
from imgcuda.frontend.type_names import BASIC_WORDS, basic_type

QUALIFIERS = frozenset(
    {"const", "volatile", "__restrict__", "__restrict", "restrict", "register", "__grid_constant__", "struct", "class",
     "enum", "union", "typename"}
)  # fmt: skip
"""The words in an argument that do not affect its size."""
_WITH_ARGUMENT = frozenset(["alignas", "decltype", "noexcept", "explicit", "__declspec"])


class Unreadable(Exception):
    """Raised for an argument that cannot be read, with a description, the place and a remedy."""

    def __init__(self, message: str, place: Place, remedy: str) -> None:
        super().__init__(message)
        self.fault = Fault(message, place.file, place.line, place.column, remedy)


def takes_argument(tokens: Sequence[Token], position: int) -> bool:
    """Whether an attribute with an argument of its own begins here, like `__launch_bounds__(256)`."""
    text = tokens[position].text
    special = text in _WITH_ARGUMENT or (text.startswith("__") and text.endswith("__"))
    return special and tokens[position].kind == IDENTIFIER and tokens[position + 1].text == "("


def read_arguments(tokens: list[Token], opening: int, closing: dict[int, int]) -> tuple[HeadArgument, ...]:
    """Return the arguments in the list that an opening bracket begins. Raises Unreadable."""
    name, end = tokens[opening - 1].text, closing.get(opening)
    if end is None:
        remedy = "close it with ')' behind the last argument"
        raise Unreadable(f"the argument list of '{name}' is never closed", tokens[opening].place, remedy)
    first = opening + 1
    if first == end or (end - first == 1 and tokens[first].text == "void"):
        return ()
    read = []
    while first <= end:
        reader = _ArgumentReader(tokens, first, end, closing)
        try:
            read.append(reader.read())
        except ValueError:
            raise _no_argument(tokens, first, reader.end_of_argument(), len(read) + 1, name) from None
        first = reader.end_of_argument() + 1
    return tuple(read)


def _no_argument(tokens: list[Token], first: int, behind: int, number: int, name: str) -> Unreadable:
    written = spell(tokens[first:behind])
    what = f"is '{written}'" if written else "is empty"
    place = tokens[first if written else behind].place
    if macro := next((token.macro for token in tokens[first:behind] if token.hidden), ""):
        remedy = "give the argument another name, or #undef the macro before"
        return Unreadable(f"argument {number} of '{name}' {what}, since '{macro}' is a macro", place, remedy)
    remedy = "write a type and a name, as in 'int width'" if written else "take out a comma, or write a type and a name"
    return Unreadable(f"argument {number} of '{name}' {what}", place, remedy)


class _ArgumentReader:
    """Reads one argument, between two commas. Raises ValueError if it is not an argument."""

    def __init__(self, tokens: list[Token], first: int, end: int, closing: dict[int, int]) -> None:
        self._tokens, self._position, self._end, self._closing = tokens, first, end, closing
        self._words: list[Token] = []
        self._name, self._other = "", ""
        self._stars = self._sizes = 0
        self._in_brackets = self._const = False

    def end_of_argument(self) -> int:
        """Return the position of the comma or bracket that ends the argument."""
        while self._position < self._end and self._tokens[self._position].text != ",":
            self._position = self._closing.get(self._position, self._position) + 1
        return self._position

    def read(self) -> HeadArgument:
        while self._position < self._end and self._tokens[self._position].text not in (",", "="):
            self._step()
        if not self._name and self._ends_in_a_name():
            self._name = self._words.pop().text
        if not self._words:
            raise ValueError
        words = [word.text for word in self._words]
        type = basic_type(words) if words != ["unsigned"] else "unsigned"
        stars = self._stars + (self._sizes > 0 and not self._in_brackets)
        return HeadArgument(self._name, type or _glued(words), stars, self._other, self._const)

    def _step(self) -> None:
        position, text = self._position, self._tokens[self._position].text
        self._position += 1
        if takes_argument(self._tokens, position):
            self._skip(position + 1)
        elif text in QUALIFIERS:
            self._const |= text == "const" and not self._stars
        elif text == "*":
            self._stars += 1
        elif text in ("&", "&&"):
            self._other = "&"
        elif text == "[":
            self._sizes += self._tokens[position + 1].text != "["  # or else it is an attribute
            self._skip(position)
        elif text == "(":
            self._group(position)
        elif text == "<" and self._words:
            self._position = past_angles(self._tokens, position, self._end, self._closing)
            if self._position == position:
                raise ValueError
        elif self._tokens[position].kind == IDENTIFIER or text in ("::", "..."):
            self._words.append(self._tokens[position])
        else:
            raise ValueError

    def _skip(self, bracket: int) -> None:
        self._position = self._closing.get(bracket, bracket) + 1

    def _group(self, bracket: int) -> None:
        """Step over `(*name)`, or over the arguments of the function that it points to."""
        self._skip(bracket)
        inside = self._tokens[bracket + 1 : self._position - 1]
        if self._in_brackets or not any(token.text in ("*", "&", "&&") for token in inside[:3]):
            self._other = "()"
            return
        self._in_brackets = True
        self._name = next((token.text for token in inside if token.kind == IDENTIFIER and token.text != "const"), "")
        self._stars += sum(token.text == "*" for token in inside)
        self._other = "&" if any(token.text in ("&", "&&") for token in inside) else ""

    def _ends_in_a_name(self) -> bool:
        if len(self._words) < 2 or self._words[-2].text == "::":
            return False
        return self._words[-1].kind == IDENTIFIER and self._words[-1].text not in BASIC_WORDS


def _glued(words: list[str]) -> str:
    return " ".join(words).replace(" :: ", "::").replace(":: ", "::")
