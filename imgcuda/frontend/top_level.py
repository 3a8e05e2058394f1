"""Walks over the declarations of a CUDA C++ file at file scope, and notes the names and functions that they declare."""

from __future__ import annotations

from imgcuda.frontend.argument_lists import QUALIFIERS, Unreadable, read_arguments, takes_argument
from imgcuda.frontend.brackets import closings, past_angles
from imgcuda.frontend.lexer import END, IDENTIFIER, PRAGMA, STRING, Token
from imgcuda.frontend.outline import FunctionHead, HeadArgument
from imgcuda.frontend.template_parameters import template_parameters
from imgcuda.frontend.type_names import BASIC_WORDS, basic_type

_TAGGED = frozenset(["struct", "class", "union", "enum"])
_SPECIFIERS = frozenset(
    {"__global__", "__device__", "__host__", "__constant__", "__shared__", "__managed__", "__forceinline__", "typedef",
     "__noinline__", "__inline__", "__inline", "static", "extern", "inline", "constexpr", "thread_local", "friend"}
)  # fmt: skip
"""The words before a declaration that are not a part of its type."""
_BEHIND_LIST = frozenset(["const", "noexcept", "override", "final", "volatile", "&", "&&", "try"])
"""The words that may stand between a function's arguments and its body."""
_TO_SEMICOLON = frozenset(["static_assert", "_Static_assert", "asm", "__asm__", "__asm"])


class DeclarationReader:
    """Reads the declarations in a list of tokens, outside functions; the last token is of kind END."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = [*tokens, tokens[-1], tokens[-1]]  # so that a look ahead needs no check
        self._closing = closings(tokens)
        self._last = len(tokens) - 1
        self._position = 0
        self._words: list[Token] = []
        """The words of the declaration so far: its type and, last, a name."""
        self._parameters: tuple[tuple[str, str], ...] = ()
        """The parameters of the template that is being declared, with their defaults."""
        self._specifiers: set[str] = set()
        self._tag: Token | None = None
        """The name of the structure that was just declared, which is not a variable."""
        self.functions: list[FunctionHead] = []
        self.names: list[tuple[str, str]] = []
        self.typedefs: list[tuple[str, str, int]] = []
        self.constants: dict[str, str] = {}
        """The `__constant__` variables without first values, and the type of the elements of each."""
        self.variables: dict[str, str] = {}
        """The `__device__` variables that are not const, and the type of the elements of each."""

    def run(self) -> None:
        """Read all declarations."""
        while self._token.kind != END:
            text = self._token.text
            if text in (";", "}") or self._token.kind == PRAGMA:
                self._position += 1
            elif text == "extern" and self._peek().kind == STRING:
                self._position += 2
                self._position += self._token.text == "{"
            elif text == "namespace" or (text == "inline" and self._peek().text == "namespace"):
                self._skip_to("{", ";")
                self._position += self._token.text == "{"
            elif text == "using":
                self._using()
            elif text in _TO_SEMICOLON:
                self._skip_to(";")
            else:
                self._declaration()

    # ---- a place in the tokens

    @property
    def _token(self) -> Token:
        return self._tokens[self._position]

    def _peek(self) -> Token:
        return self._tokens[self._position + 1]

    def _advance(self) -> None:
        """Step on by one token, or over a bracket with its contents."""
        self._position = min(self._closing.get(self._position, self._position) + 1, self._last)

    def _skip_to(self, *ends: str) -> None:
        """Go on to one of the tokens `ends`, or to a kernel, which shows that the end was forgotten."""
        while self._token.kind != END and self._token.text not in (*ends, "__global__"):
            self._advance()

    def _attribute(self) -> bool:
        """Step over `[[...]]`, `__attribute__((...))` or `__launch_bounds__(...)`, if it stands here."""
        if takes_argument(self._tokens, self._position):
            self._advance()
        elif not (self._token.text == "[" and self._peek().text == "["):
            return False
        self._advance()
        return True

    def _angles(self) -> bool:
        """Step over template arguments, if they stand here."""
        behind = past_angles(self._tokens, self._position, self._last, self._closing)
        stepped = self._token.text == "<" and behind > self._position
        self._position = behind if stepped else self._position
        return stepped

    # ---- declarations

    def _using(self) -> None:
        name, first = self._peek(), self._position + 3
        self._skip_to("=", ";")
        if self._token.text == "=":
            self._declare(name)
            self._skip_to(";")
            self._alias(name, self._tokens[first : self._position])

    def _alias(self, name: Token, type: list[Token]) -> None:
        """Note a typedef, if it is of a simple type."""
        words = [each.text for each in type if each.text not in QUALIFIERS and each.text != "*"]
        if words and all(each.kind == IDENTIFIER or each.text == "*" for each in type):
            self.typedefs.append((name.text, " ".join(words), sum(each.text == "*" for each in type)))

    def _declare(self, name: Token) -> None:
        self.names.append((name.text, name.place.file))

    def _declaration(self) -> None:
        """Read a declaration up to its semicolon, or up to the end of a function's body."""
        self._words, self._specifiers, self._tag, self._parameters = [], set(), None, ()
        while self._token.kind != END and self._token.text != "}":
            text = self._token.text
            if text == "(" and self._list():
                return
            if text in ("=", "[", "{", ",", ":", ";") and (text != "[" or self._peek().text != "["):
                self._variable()
            if text in ("=", "{") and "__constant__" in self._specifiers and self.names:
                self.constants.pop(self.names[-1][0], None)
            if text == ";":
                return
            if text == "=":
                self._skip_to(",", ";")
            elif not self._attribute():
                self._word()

    def _word(self) -> None:
        """Step over one word of a type, or any other token."""
        token = self._token
        if token.text in _TAGGED:
            self._tagged()
        elif token.text == "template":
            self._position += 1
            first = self._position
            self._specifiers |= {"template"} if self._angles() else {"instance"}
            self._parameters = template_parameters(self._tokens[first : self._position])
        elif token.text == "operator":
            self._words.append(token)
            self._advance()
            while self._token.text not in ("(", ";", "{") and self._token.kind != END:
                self._position += 1
            if self._token.text == "(" and self._peek().text == ")" and self._tokens[self._position + 2].text == "(":
                self._position += 2
        elif token.text in _SPECIFIERS:
            self._specifiers.add(token.text)
            self._position += 1
        elif not (self._words and self._angles()):
            if token.kind == IDENTIFIER or token.text in ("*", "&", "&&", "::"):
                self._words.append(token)
            self._advance()

    def _tagged(self) -> None:
        """Step over `struct name { ... }`, or over `struct name` alone."""
        scoped, kind = self._peek().text in _TAGGED, self._token.text
        self._position += 1 + scoped
        while self._attribute():
            pass
        name = self._token if self._token.kind == IDENTIFIER else None
        if name is not None:
            self._words.append(name)
            self._position += 1
            self._angles()
        if self._token.text == ":" or self._token.text == "final":
            self._skip_to("{", ";")
        if self._token.text == "{" or (self._token.text == ";" and len(self._words) == 1):
            self._tag = name
            if name is not None:
                self._declare(name)
        if self._token.text == "{":
            if kind == "enum" and not scoped:
                self._enumerators()
            self._advance()
            if name is None:
                self._words.append(Token(IDENTIFIER, kind, self._token.place))

    def _enumerators(self) -> None:
        here, end = self._position + 1, self._closing.get(self._position, 0)
        while here < end:
            if self._tokens[here].kind == IDENTIFIER and self._tokens[here - 1].text in ("{", ","):
                self._declare(self._tokens[here])
            here = self._closing.get(here, here) + 1

    def _variable(self) -> None:
        """Note the name that ends here, if there is one."""
        names = [word for word in self._words if word.kind == IDENTIFIER]
        if len(names) < 2 or names[-1] is not self._words[-1] or names[-1] is self._tag:
            return
        if self._words[-2].text == "::" or names[-1].text in BASIC_WORDS or names[-1].text in QUALIFIERS:
            return
        self._declare(names[-1])
        if "__constant__" in self._specifiers:
            self.constants[names[-1].text] = _type_of(self._words[:-1])
        elif self._specifiers & {"__device__", "__managed__"} and not self._is_const():
            self.variables[names[-1].text] = _type_of(self._words[:-1])
        if "typedef" in self._specifiers and self._token.text in (";", ","):
            self._alias(names[-1], self._words[:-1])
        self._words.pop()
        while self._words and self._words[-1].text in ("*", "&"):
            self._words.pop()

    def _is_const(self) -> bool:
        """Whether a kernel cannot change the variable that the words declare."""
        return "constexpr" in self._specifiers or any(word.text == "const" for word in self._words)

    def _list(self) -> bool:
        """Read a function's arguments and step over its body; return False if it is not a function."""
        name = self._words[-1] if self._words else None
        opening = self._position
        if name is None or name.kind != IDENTIFIER or name.text in BASIC_WORDS or name.text in QUALIFIERS:
            inside = self._tokens[opening + 1 : self._closing.get(opening, opening)]
            pointed = next((token for token in inside if token.kind == IDENTIFIER), None)
            if pointed is not None and self._words and any(token.text == "*" for token in inside[:2]):
                self._declare(pointed)  # as in `void (*table[2])(int)`
                self._words = []
            return False
        if name.text != "operator" and (len(self._words) < 2 or self._words[-2].text != "::"):
            self._declare(name)
        arguments: tuple[HeadArgument, ...] = ()
        fault = None
        try:
            arguments = read_arguments(self._tokens, opening, self._closing)
        except Unreadable as unreadable:
            fault = unreadable.fault
        self._advance()
        defined = self._body()
        result = " ".join(word.text for word in self._words[:-1] if word.text not in QUALIFIERS)
        place, words = name.place, tuple(sorted(self._specifiers))
        self.functions.append(
            FunctionHead(name.text, place.file, place.line, result, words, arguments, fault, defined, self._parameters)
        )
        return True

    def _body(self) -> bool:
        """Step over the tokens behind a function's arguments, and its body if it has one; return whether it has."""
        while self._token.text in _BEHIND_LIST or self._attribute():
            self._advance()
        if self._token.text in (":", "->"):
            self._skip_to("{", ";")
        elif self._token.text in ("=", ","):
            self._skip_to(";")
        if self._token.text != "{":
            return False
        self._advance()
        return True


def _type_of(words: list[Token]) -> str:
    """Return the type from the words before a variable's name: "unsigned char", "float *"."""
    plain = [word.text for word in words if word.text not in QUALIFIERS]
    names = [word for word in plain if word != "*"]
    return " ".join([basic_type(names) or " ".join(names), *(word for word in plain if word == "*")])
