"""Parses types: the words of a type, and the stars, brackets and sizes around a name."""

from __future__ import annotations

from dataclasses import dataclass, replace

from imgcuda.errors import did_you_mean
from imgcuda.frontend import refusals
from imgcuda.frontend.constant_expressions import NotConstant, integer
from imgcuda.frontend.lexer import IDENTIFIER, Token
from imgcuda.frontend.mistakes import Mistakes
from imgcuda.frontend.parse_cursor import Stop
from imgcuda.frontend.parse_expressions import COMPOUND, STATEMENT_WORDS, ExpressionParser
from imgcuda.frontend.syntax import ArrayType, NamedType, Place, PointerType, ReferenceType, TypeName
from imgcuda.frontend.type_names import BASIC_WORDS, KNOWN_TYPES, OTHER_NAMES, basic_type
from imgcuda.frontend.type_scope import TypeScope

FUNCTION_WORDS = frozenset(["__global__", "__device__", "__host__"])
_STORAGE = FUNCTION_WORDS | frozenset(
    [
        "const",
        "constexpr",
        "static",
        "extern",
        "typedef",
        "volatile",
        "register",
        "inline",
        "__inline",
        "__inline__",
        "__forceinline__",
        "__noinline__",
        "__shared__",
        "__constant__",
        "__managed__",
        "__restrict__",
        "__grid_constant__",
    ]
)
WITH_ARGUMENT = frozenset(["__launch_bounds__", "__attribute__", "alignas", "__align__"])
_TAGGED = frozenset(["struct", "union", "enum"])
SPECIFIER_WORDS = _STORAGE | WITH_ARGUMENT | _TAGGED
_RESTRICT = frozenset(["__restrict__", "__restrict", "restrict"])
_POINTER_WORDS = _RESTRICT | frozenset(["const", "volatile"])
_RESERVED = STATEMENT_WORDS | refusals.KEYWORDS | SPECIFIER_WORDS | BASIC_WORDS | {"auto", "operator"}
_NO_FUNCTION_POINTERS = refusals.Refusal(
    "a pointer to a function is not in the portable subset", f"call the function by its name, or {refusals.GUARD}"
)
_OPERATORS = frozenset(["~", "!", "==", "!=", "<", ">", "<=", ">="]) | {
    f"{operator}{assigned}" for operator in COMPOUND for assigned in ("", "=")
}
"""The operators that an author may define for structures."""
_NO_OPERATOR = refusals.Refusal(
    "this operator is not in the portable subset", f"write a __device__ function with a name, or {refusals.GUARD}"
)
_NO_LONG_DOUBLE = refusals.Refusal("'long double' is 'double' on a GPU", "write 'double'")


@dataclass(slots=True)
class Specifiers:
    """The type before the first declared name, with its specifiers."""

    type: NamedType
    words: frozenset[str]

    @property
    def const(self) -> bool:
        return "const" in self.words or "constexpr" in self.words


class Types(ExpressionParser):
    """Parses types; `DeclarationParser` adds the types that a file declares to those known."""

    def __init__(self, tokens: list[Token], mistakes: Mistakes) -> None:
        super().__init__(tokens, mistakes)
        self.types = TypeScope(KNOWN_TYPES)

    def structure(self, words: set[str]) -> NamedType:
        """Parse `struct tag { ... }` or a union."""
        raise NotImplementedError

    def enumeration(self, words: set[str]) -> NamedType:
        """Parse `enum tag { ... }`."""
        raise NotImplementedError

    def starts_declaration(self) -> bool:
        """Whether a statement that begins here declares something."""
        self.skip_outer_type()
        text = self.token.text
        if text in SPECIFIER_WORDS or text == "auto":
            return True
        if text in self.types:
            # `float(x)` and `float{x}` are expressions, `float (*p)[4]` is not.
            after = self.peek().text
            return after not in ("(", "{", ".", "::") or (after == "(" and self.peek(2).text in ("*", "&"))
        return self._starts_unknown_type()

    def skip_outer_type(self) -> None:
        """Step over `A::` before a type that is declared within A: its own name is one of the file's here."""
        while self.token.text in self.types and self.peek().text == "::" and self.peek(2).text in self.types:
            self.advance()
            self.advance()

    def _starts_unknown_type(self) -> bool:
        if self.token.kind != IDENTIFIER or self.token.text in _RESERVED:
            return False
        after = self.peek()
        return after.kind == IDENTIFIER and after.text not in _RESERVED and after.place.line == self.token.place.line

    def type_name(self) -> TypeName:
        """Parse a type as in a cast: `const float4 *`."""
        _, type_ = self.declarator(self.base_type())
        return type_

    def base_type(self) -> NamedType:
        """Parse the words of a type, without the stars behind them."""
        return self.specifiers().type

    def specifiers(self) -> Specifiers:
        """Parse the type and the words like `static` around it, in any order."""
        start = self.token.place
        basic: list[str] = []
        named: NamedType | None = None
        words: set[str] = set()
        align = 0
        while True:
            self.skip_outer_type()
            token = self.token
            text = token.text
            if text in BASIC_WORDS and named is None:
                basic.append(self.advance().text)
            elif text in _STORAGE:
                words.add(self.advance().text)
            elif text in WITH_ARGUMENT:
                align = self.attribute() or align
            elif named is None and not basic and (text in self.types or text == "auto"):
                named = NamedType(self.advance().text, token.place)
            elif text in _TAGGED and named is None and not basic:
                named = self.enumeration(words) if text == "enum" else self.structure(words)
            elif text == "[" and self.peek().text == "[":
                self.skip_attribute()
            elif named is None and not basic and self.peek().kind == IDENTIFIER:
                named = self._unknown_type(token)
            else:
                break
        type_ = named or self._basic(basic, start)
        if words & {"const", "constexpr"}:
            type_ = replace(type_, const=True)
        return Specifiers(type_, frozenset(words))

    def _basic(self, words: list[str], place: Place) -> NamedType:
        name = basic_type(words)
        if name is not None:
            return NamedType(name, place)
        if not words:
            raise self._no_type()
        if sorted(words) == ["double", "long"]:
            raise self.refuse(_NO_LONG_DOUBLE, place)
        raise self.wrong(f"'{' '.join(words)}' is not a type", place)

    def _no_type(self) -> Stop:
        token, after = self.token, self.peek()
        if token.kind != IDENTIFIER or refusals.refused_word(token.text):
            return self.unexpected("a type")
        refused = refusals.refused_type(token.text)
        if refused:
            return self.refuse(refused, token.place)
        if after.text == "<":
            return self.refuse(refusals.TEMPLATE_ARGUMENT, after.place)
        if after.text == "::":
            return self.refuse(refusals.refused_scope(token.text, self.peek(2).text), token.place)
        if after.text in ("*", "&"):
            return self._unknown(token)
        return self.wrong(f"expected a type before '{token.text}'", token.place)

    def _unknown(self, token: Token) -> Stop:
        meant = OTHER_NAMES.get(token.text.lower(), "")
        similar = "" if meant else did_you_mean(token.text, sorted(self.types))
        remedy = self.mistakes.missing(token.text, similar) or (f"write {meant}" if meant else "")
        # A header that is passed over may declare it, and so may CUDA's for the host.
        elsewhere = bool(self.mistakes.passed_over) or token.text.startswith("cuda")
        self.mistakes.add(f"unknown type '{token.text}'{similar}", token.place, remedy, portable=elsewhere)
        return Stop()

    def _unknown_type(self, token: Token) -> NamedType:
        """Report once a word that stands where a type should, and take it for a type from here on."""
        refused = refusals.refused_type(token.text) or refusals.refused_word(token.text)
        if refused:
            stop = self.refuse(refused, token.place)
            if token.text in refusals.KEYWORDS:
                raise stop
        elif token.text in _RESERVED or token.kind != IDENTIFIER:
            raise self.unexpected("a type")
        else:
            self._unknown(token)
        self.types.add(token.text)
        return NamedType(self.advance().text, token.place)

    def attribute(self) -> int:
        """Step over an attribute like `__align__(8)`; return its alignment, else 0."""
        word = self.advance()
        start = self.position
        self.skip_parentheses()
        if word.text == "__launch_bounds__":
            self._launch_bounds(start)
        if word.text in ("alignas", "__align__"):
            return self._alignment(start)
        # __attribute__((aligned(8)))
        aligned = word.text == "__attribute__" and self.tokens[start + 2].text in ("aligned", "__aligned__")
        return self._alignment(start + 3) if aligned else 0

    def _alignment(self, start: int) -> int:
        """Go back to the bracket at `start`, and return the constant in it."""
        end = self.position
        self._go_to(start)
        self.expect("(")
        try:
            return integer(self.conditional())
        except NotConstant as wrong:
            raise self.wrong(wrong.message, wrong.place) from None
        finally:
            self._go_to(end)

    def _launch_bounds(self, start: int) -> None:
        """Go back to the bracket at `start`, and step over one to three numbers: only a GPU's compiler needs them."""
        self._go_to(start)
        self.expect("(")
        self.conditional()
        for _ in range(2):
            if self.token.text == ",":
                self.advance()
                self.conditional()
        self.expect(")")

    def _go_to(self, position: int) -> None:
        self.position = position
        self.token = self.tokens[position]

    def skip_attribute(self) -> None:
        """Step over `[[ ... ]]`."""
        while not (self.token.text == "]" and self.peek().text == "]"):
            if self.token.text in (";", "{", "}") or self.peek() is self.token:
                raise self.unexpected("']]'")
            self.advance()
        self.advance()
        self.advance()

    # ---- declarators

    def declarator(self, type_: TypeName) -> tuple[Token | None, TypeName]:
        """Parse one declarator: the stars, the name (None if there is none) and the sizes."""
        type_ = self._pointers(type_)
        if self.token.text == "(" and self.peek().text in ("*", "&"):
            return self._nested_declarator(type_)
        name = None
        if self.token.text == "operator":
            name = self._operator()
        elif self.token.kind == IDENTIFIER:
            if self.token.text in _RESERVED:
                raise self.unexpected("a name")
            name = self.advance()
        return name, self._sizes(type_)

    def _operator(self) -> Token:
        """Parse the name of a function that is an operator, like `operator+`."""
        word, sign = self.advance(), self.advance()
        if sign.text not in _OPERATORS:
            raise self.refuse(_NO_OPERATOR, word.place)
        return Token(IDENTIFIER, f"operator{sign.text}", word.place)

    def _pointers(self, type_: TypeName) -> TypeName:
        while True:
            text = self.token.text
            if text == "*":
                self.advance()
                words = set[str]()
                while self.token.text in _POINTER_WORDS:
                    words.add(self.advance().text)
                type_ = PointerType(type_, bool(words & _RESTRICT), "const" in words)
            elif text == "&":
                self.advance()
                while self.token.text in _RESTRICT:
                    self.advance()
                return ReferenceType(type_)
            else:
                return type_

    def _nested_declarator(self, target: TypeName) -> tuple[Token | None, TypeName]:
        """Parse `(*tile)[16]`: the part outside the brackets belongs to the type that is pointed to."""
        opening = self.expect("(")
        start = self.position
        depth = 1
        while depth:
            if self.token.text in (";", "{", "}") or self.peek() is self.token:
                raise self.wrong("this '(' is never closed", opening.place)
            depth += {"(": 1, ")": -1}.get(self.advance().text, 0)
        if self.token.text == "(":
            raise self.refuse(_NO_FUNCTION_POINTERS, opening.place)
        target = self._sizes(target)
        end = self.position
        self._go_to(start)
        result = self.declarator(target)
        self.expect(")")
        self._go_to(end)
        return result

    def _sizes(self, element: TypeName) -> TypeName:
        if self.token.text != "[":
            return element
        self.advance()
        size = None if self.token.text == "]" else self.conditional()
        self.expect("]")
        return ArrayType(self._sizes(element), size)
