"""Parses statements, and so the bodies of functions."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import takewhile

from imgcuda.frontend import refusals
from imgcuda.frontend.constant_expressions import NotConstant, integer
from imgcuda.frontend.lexer import END, IDENTIFIER, NUMBER, PRAGMA, PUNCTUATOR, STRING, Token
from imgcuda.frontend.parse_cursor import Stop
from imgcuda.frontend.parse_declarations import DeclarationParser
from imgcuda.frontend.parse_types import FUNCTION_WORDS, Specifiers
from imgcuda.frontend.syntax import (
    ARRAY_SIZE,
    Binary,
    Block,
    Braced,
    Break,
    Call,
    Case,
    Continue,
    Declaration,
    Declarations,
    Evaluate,
    Expression,
    If,
    Index,
    Loop,
    Name,
    NamedType,
    NumberLiteral,
    Place,
    Return,
    Statement,
    Switch,
    TypeName,
    Unary,
)

_TRUTHS = frozenset(["true", "false"])
_UNROLL = re.compile(r"unroll\s*\(?\s*(\d*)\s*\)?")
_NO_STATICS = refusals.Refusal(
    "a static variable that kernels can change is not in the portable subset",
    "pass a pointer to memory as an argument, or make it 'const'",
)


class Unclosed(Exception):
    """Raised to leave a function whose body is never closed."""


class StatementParser(DeclarationParser):
    """Parses the bodies of functions."""

    result: TypeName
    """The return type of the function that is being parsed."""
    _loops = 0
    _switches = 0
    _unroll: int | None = None

    def block(self) -> Block:
        """Parse `{ ... }`, with a scope of its own."""
        return self.rest_of_block(self.expect("{"))

    def rest_of_block(self, opening: Token) -> Block:
        """Parse a block behind its opening brace."""
        mark = self.types.mark()
        items: list[Statement | Case] = []
        self._items(items, opening, labels=False)
        self.types.back_to(mark)
        return Block(tuple(item for item in items if not isinstance(item, Case)), opening.place)

    def _items(self, items: list[Statement | Case], opening: Token, labels: bool) -> None:
        """Parse the statements up to the closing brace; after a mistake in one, go on with the next."""
        while not self.accept("}"):
            start = self.position
            if self.token.kind == END or (self.token.text in FUNCTION_WORDS and self._starts_function()):
                if not self.tokens[self.position - 1].text.startswith(("/*", '"')):  # which is never closed itself
                    self.wrong("this '{' is never closed", opening.place)
                raise Unclosed
            try:
                item = self._label() if labels and self.token.text in ("case", "default") else self.statement()
                if item is not None:
                    items.append(item)
            except Stop:
                self.recover(start)

    def _starts_function(self) -> bool:
        """Whether a `__device__` within a function begins another function rather than a variable."""
        texts = [token.text for token in self.tokens[self.position : self.position + 40]]
        ends = [texts.index(end) for end in (";", "=", "{") if end in texts]
        return "__global__" in texts[:4] or "(" in texts[: min(ends, default=0)]

    def statement(self) -> Statement | None:
        """Parse one statement; return None for one without effect, like `;`."""
        token = self.token
        parse = _STATEMENTS.get(token.text)
        if parse is not None:
            return parse(self)
        if token.kind == PRAGMA:
            return self._unrolled(token.text, 1)
        if self.starts_declaration():
            return self.declaration()
        if token.kind == IDENTIFIER and self.peek().text == ":":
            self.refuse(refusals.refused_label(token.text), self.advance().place)
            self.advance()
            return None
        if token.text == "[" and self.peek().text == "[":
            self.skip_attribute()
            return self.statement()
        value = self.expression()
        self.semicolon()
        return Evaluate(value, token.place)

    def _body(self) -> Statement:
        """Parse the one statement that belongs to an `if` or a loop."""
        place = self.token.place
        return self.statement() or Block((), place)

    def _loop_body(self) -> Statement:
        self._loops += 1
        try:
            return self._body()
        finally:
            self._loops -= 1

    def _condition(self) -> Expression:
        self.expect("(")
        value = self.expression()
        self.expect(")")
        return value

    def _empty(self) -> None:
        self.advance()

    def _if(self) -> Statement:
        place = self.advance().place
        self.accept("constexpr")  # outside of templates both sides are compiled all the same
        mark = self.types.mark()
        start, condition = self._start_and_condition()
        then = self._body()
        otherwise = self._body() if self.accept("else") else None
        self.types.back_to(mark)
        chosen = If(condition, then, otherwise, place)
        return chosen if start is None else Block((start, chosen), place)

    def _start_and_condition(self) -> tuple[Statement | None, Expression]:
        """Parse `(condition)`, `(statement; condition)` or `(type name = value)`, whose condition is the name."""
        self.expect("(")
        start: Statement | None = None
        if self.starts_declaration():
            specifiers = self.specifiers()
            name, type_ = self.declared_name(specifiers)
            start = self.variable(name, type_, specifiers, "")
            if self.accept(")"):
                return start, Name(name.text, name.place)
            self.semicolon()
        value = self.expression()
        if start is None and self.accept(";"):
            start, value = Evaluate(value, value.place), self.expression()
        self.expect(")")
        return start, value

    def _for(self) -> Statement:
        unroll = self._take_unroll()
        place = self.advance().place
        mark = self.types.mark()
        self.expect("(")
        if self._over_array():
            loop = self._for_each(place, unroll)
            self.types.back_to(mark)
            return loop
        start = self._for_start()
        condition = None if self.token.text == ";" else self.expression()
        self.semicolon()
        step = None if self.token.text == ")" else self.expression()
        self.expect(")")
        body = self._loop_body()
        self.types.back_to(mark)
        return Loop(start, condition, step, body, place, unroll=unroll)

    def _over_array(self) -> bool:
        """Whether this is the head of a loop over an array: `for (float v : weights)`."""
        if not self.starts_declaration():
            return False
        ends = (token.text for token in self.tokens[self.position : self.position + 20] if token.text in ":;=(")
        return next(ends, "") == ":"

    def _for_each(self, place: Place, unroll: int | None) -> Loop:
        """Parse a loop over an array, from the element's declaration on, as one that counts its elements."""
        specifiers = self.specifiers()
        name, type_ = self.declared_name(specifiers)
        self.expect(":")
        array = self.expression()
        self.expect(")")
        number = Name(f"element@{place.line}:{place.column}", place)
        first = Declaration(number.name, NamedType("int", place), NumberLiteral(0, "int", place), place)
        inside = Binary("<", number, Call(ARRAY_SIZE, (array,), place), place)
        value = Index(array, number, array.place)
        element = Declaration(name.text, type_, value, name.place, const=specifiers.const)
        body = Block((element, self._loop_body()), place)
        return Loop(first, inside, Unary("++", number, place), body, place, unroll=unroll)

    def _for_start(self) -> Statement | None:
        if self.accept(";"):
            return None
        if self.starts_declaration():
            return self.declaration()
        place = self.token.place
        value = self.expression()
        self.semicolon()
        return Evaluate(value, place)

    def _while(self) -> Statement:
        unroll = self._take_unroll()
        place = self.advance().place
        return Loop(None, self._condition(), None, self._loop_body(), place, unroll=unroll)

    def _do(self) -> Statement:
        unroll = self._take_unroll()
        place = self.advance().place
        body = self._loop_body()
        self.expect("while")
        condition = self._condition()
        self.semicolon()
        return Loop(None, condition, None, body, place, test_last=True, unroll=unroll)

    def _switch(self) -> Statement:
        place = self.advance().place
        value = self._condition()
        mark = self.types.mark()
        items: list[Statement | Case] = []
        self._switches += 1
        try:
            self._items(items, self.expect("{"), labels=True)
        finally:
            self._switches -= 1
        self.types.back_to(mark)
        return Switch(value, tuple(items), place)

    def _label(self) -> Case:
        word = self.advance()
        value = self.conditional() if word.text == "case" else None
        self.expect(":")
        return Case(value, word.place)

    def _misplaced_label(self) -> None:
        raise self.wrong(f"'{self.token.text}' must stand directly in the braces of a 'switch'", self.token.place)

    def _misplaced_else(self) -> None:
        raise self.wrong("'else' without 'if'", self.token.place)

    def _break(self) -> Statement:
        place = self.advance().place
        if not self._loops and not self._switches:
            self.wrong("'break' outside a loop or 'switch'", place)
        self.semicolon()
        return Break(place)

    def _continue(self) -> Statement:
        place = self.advance().place
        if not self._loops:
            self.wrong("'continue' outside a loop", place)
        self.semicolon()
        return Continue(place)

    def _return(self) -> Statement:
        place = self.advance().place
        value: Expression | None = None
        if self.token.text == "{":
            value = Braced(self.result, self.braces(), self.token.place)
        elif self.token.text not in (";", "}"):
            value = self.expression()
        self.semicolon()
        return Return(value, place)

    def _using(self) -> None:
        self.using()

    def static_assert(self) -> None:
        """Step over `static_assert(...)`; check it if its condition consists of numbers, else leave it to NVRTC."""
        word = self.advance()
        start = self.position
        self.skip_parentheses()
        if self._known_here(start):
            after = self.position
            self.go_to(start + 1)
            try:
                holds = integer(self.conditional())
            except NotConstant as error:
                raise self.wrong(error.message, error.place) from None
            if not holds:
                self.wrong(
                    "this static_assert does not hold", word.place, "change what it asserts, or what it is about"
                )
            self.go_to(after)
        self.semicolon()

    def _known_here(self, start: int) -> bool:
        """Whether the condition of a `static_assert`, whose bracket is at `start`, consists of whole numbers only."""
        condition = takewhile(lambda token: token.text != ",", self.tokens[start + 1 : self.position - 1])
        return all(
            token.kind == PUNCTUATOR or (token.kind == NUMBER and token.text.isalnum()) or token.text in _TRUTHS
            for token in condition
        )

    def _pragma_operator(self) -> Statement | None:
        """Parse `_Pragma("unroll 4")`, which macros use."""
        self.advance()
        self.expect("(")
        if self.token.kind != STRING:
            raise self.unexpected("a string")
        text = self.advance().text.strip('"')
        self.expect(")")
        return self._unrolled(text, 0)

    def _unrolled(self, pragma: str, skip: int) -> Statement | None:
        if skip:
            self.advance()
        match = _UNROLL.fullmatch(pragma.strip())
        if match and self.token.text in ("for", "while", "do"):
            self._unroll = int(match[1] or 0)
        return None if self.token.text == "}" else self.statement()

    def _take_unroll(self) -> int | None:
        unroll, self._unroll = self._unroll, None
        return unroll

    def declaration(self) -> Statement | None:
        """Parse local variables, or a local type, with the semicolon."""
        place = self.token.place
        specifiers = self.specifiers()
        if "typedef" in specifiers.words:
            self.typedef(specifiers)
            return None
        if self.accept(";"):
            return None
        space = self._local_space(specifiers, place)
        items: list[Declaration] = []
        while True:
            name, type_ = self.declared_name(specifiers)
            items.append(self.variable(name, type_, specifiers, space))
            if not self.accept(","):
                break
        self.semicolon()
        return items[0] if len(items) == 1 else Declarations(tuple(items), place)

    def _local_space(self, specifiers: Specifiers, place: Place) -> str:
        words = specifiers.words
        if "__shared__" in words:
            return "shared"
        if "__constant__" in words:
            raise self.wrong("a '__constant__' table belongs outside of functions", place, "move it up")
        if "static" in words and not specifiers.const:
            raise self.refuse(_NO_STATICS, place)
        return ""


_STATEMENTS: dict[str, Callable[[StatementParser], Statement | None]] = {
    "{": StatementParser.block,
    ";": StatementParser._empty,
    "if": StatementParser._if,
    "for": StatementParser._for,
    "while": StatementParser._while,
    "do": StatementParser._do,
    "switch": StatementParser._switch,
    "case": StatementParser._misplaced_label,
    "default": StatementParser._misplaced_label,
    "else": StatementParser._misplaced_else,
    "break": StatementParser._break,
    "continue": StatementParser._continue,
    "return": StatementParser._return,
    "using": StatementParser._using,
    "static_assert": StatementParser.static_assert,
    "_Static_assert": StatementParser.static_assert,
    "_Pragma": StatementParser._pragma_operator,
}
