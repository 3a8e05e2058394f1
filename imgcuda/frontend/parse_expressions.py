"""Parses expressions by precedence climbing."""

from __future__ import annotations

from imgcuda.frontend import refusals
from imgcuda.frontend.cooperative_groups import MEMBERS, THREAD_BLOCK
from imgcuda.frontend.lexer import CHARACTER, IDENTIFIER, NUMBER, STRING, Token
from imgcuda.frontend.mistakes import Mistakes
from imgcuda.frontend.parse_cursor import Cursor, Stop
from imgcuda.frontend.parse_literals import BadLiteral, character, number, string
from imgcuda.frontend.syntax import (
    Assign,
    Binary,
    Braced,
    Call,
    Cast,
    Conditional,
    Expression,
    Index,
    Initializer,
    Member,
    Name,
    NamedType,
    NumberLiteral,
    Postfix,
    SizeOf,
    StringLiteral,
    TypeName,
    Unary,
    is_dim3,
)
from imgcuda.frontend.textures import FETCHES, Fetch
from imgcuda.frontend.type_scope import TypeScope

_PRECEDENCE = {
    operator: level
    for level, operators in enumerate(
        ("||", "&&", "|", "^", "&", "== !=", "< > <= >=", "<< >>", "+ -", "* / %"), start=1
    )
    for operator in operators.split()
}
COMPOUND = ("+", "-", "*", "/", "%", "&", "|", "^", "<<", ">>")
"""The operators that make a compound assignment with `=` behind them, like `+=`."""
_ASSIGNMENTS = {"=": "", **{f"{operator}=": operator for operator in COMPOUND}}
_PREFIX = frozenset(["-", "+", "!", "~", "*", "&", "++", "--"])
_POSTFIX = frozenset(["[", ".", "->", "(", "++", "--"])
_CONSTANTS = {
    "true": (1, "bool"),
    "false": (0, "bool"),
    "NULL": (0, "int"),
    "warpSize": (32, "int"),
    "nullptr": (0, "nullptr"),
}
_CASTS = frozenset(["static_cast", "reinterpret_cast", "const_cast"])
QUALIFIERS = frozenset(["const", "volatile", "struct", "union", "enum"])
"""The words that a type may begin with, other than its name."""
STATEMENT_WORDS = frozenset(
    ["if", "else", "for", "while", "do", "switch", "case", "default", "break", "continue", "return"]
)


class ExpressionParser(Cursor):
    """Parses expressions; `types` are the names of known types."""

    def __init__(self, tokens: list[Token], mistakes: Mistakes) -> None:
        super().__init__(tokens, mistakes)
        self.types = TypeScope()
        self.enumerations: dict[str, frozenset[str]] = {}
        """The names in each `enum class` so far; for a plain `enum`, nothing."""
        self._asserted = False
        """Whether this is in an `assert`, where a string stands for true."""

    def type_name(self) -> TypeName:
        """Parse a type without a variable's name; only the parser of a whole file can."""
        raise NotImplementedError

    def declared_functions(self) -> set[str]:
        """Return the names of the functions that the file has declared so far; the preprocessor's numbers have none."""
        return set()

    def base_type(self) -> NamedType:
        """Parse the words of a type, without the stars behind them."""
        raise NotImplementedError

    def braces(self) -> Initializer:
        """Parse values in braces."""
        raise NotImplementedError

    def expression(self) -> Expression:
        """Parse an expression, the comma included."""
        value = self.assignment()
        while self.token.text == ",":
            place = self.advance().place
            value = Binary(",", value, self.assignment(), place)
        return value

    def assignment(self) -> Expression:
        """Parse an expression without a comma operator, like an argument."""
        target = self.conditional()
        operator = _ASSIGNMENTS.get(self.token.text)
        if operator is None:
            return target
        place = self.advance().place
        if not operator and self.token.text == "{":
            braces = self.token.place
            return Assign(operator, target, Braced(NamedType("auto", braces), self.braces(), braces), place)
        return Assign(operator, target, self.assignment(), place)

    def conditional(self) -> Expression:
        """Parse an expression without an assignment, like the size of an array."""
        condition = self._binary(1)
        if self.token.text != "?":
            return condition
        place = self.advance().place
        then = self.expression()
        self.expect(":")
        return Conditional(condition, then, self.assignment(), place)

    def _binary(self, least: int) -> Expression:
        left = self._unary()
        while True:
            token = self.token
            level = _PRECEDENCE.get(token.text, 0)
            if level < least:
                return left
            self.advance()
            left = Binary(token.text, left, self._binary(level + 1), token.place)

    def _unary(self) -> Expression:
        token = self.token
        kind = token.kind
        if kind == IDENTIFIER:
            return self._postfix(self._named(token))
        if kind == NUMBER:
            return self._number(token)
        if token.text in _PREFIX:
            self.advance()
            return Unary(token.text, self._unary(), token.place)
        if token.text == "(":
            return self._parenthesized()
        if kind == CHARACTER:
            return self._character(token)
        if kind == STRING:
            if self._asserted:
                return NumberLiteral(1, "bool", self.advance().place)  # as in `assert(n > 0 && "n must be positive")`
            return self._postfix(self.string())
        if token.text == "[":
            raise self.refuse(refusals.LAMBDA, token.place)
        raise self.unexpected("an expression")

    def _number(self, token: Token) -> Expression:
        self.advance()
        try:
            value, type_ = number(token.text)
        except BadLiteral as wrong:
            raise self.wrong(str(wrong), token.place) from None
        return NumberLiteral(value, type_, token.place)

    def _character(self, token: Token) -> Expression:
        self.advance()
        try:
            return NumberLiteral(character(token.text), "char", token.place)
        except BadLiteral as wrong:
            raise self.wrong(str(wrong), token.place) from None

    def string(self) -> StringLiteral:
        """Parse a string, which may be written in several pieces."""
        place, value = self.token.place, b""
        while self.token.kind == STRING:
            try:
                value += string(self.advance().text)
            except BadLiteral as wrong:
                raise self.wrong(str(wrong), place) from None
        return StringLiteral(value, place)

    def _parenthesized(self) -> Expression:
        opening = self.advance()
        if not self.starts_type():
            value = self.expression()
            self.expect(")")
            return self._postfix(value)
        type_ = self.type_name()
        self.expect(")")
        if self.token.text == "{":
            raise self._braces("a compound literal", opening)
        return Cast(type_, self._unary(), opening.place)

    def starts_type(self) -> bool:
        """Whether a type follows a bracket: one does in `(float (*)[4])`, none in `(float(x) + 1)`."""
        if self.token.text not in self.types and self.token.text not in QUALIFIERS:
            return False
        after = self.peek().text
        return after != "{" and (after != "(" or (self.peek(3).text == ")" and self.peek(2).text in ("*", "&")))

    def _named(self, token: Token) -> Expression:
        """Parse an expression that begins with a word: a name, a call, a constant, a cast or sizeof."""
        text = token.text
        after = self.tokens[self.position + 1].text
        if after == "::" and text in self.types:
            return self._in_type(token)
        if text in self.types or text in QUALIFIERS:
            return self._functional_cast(token, after)
        if after == "::":
            return self._scoped(token)
        if text in _CONSTANTS:
            self.advance()
            return NumberLiteral(*_CONSTANTS[text], token.place)
        if text in _CASTS:
            return self._named_cast(token)
        if text == "sizeof":
            return self._sizeof(token)
        if text in STATEMENT_WORDS:
            raise self.unexpected("an expression")
        if after == "<" and text in FETCHES:
            return self._fetch(token)
        refused = refusals.refused_word(text)
        if refused:
            stop = self.refuse(refused, token.place)
            if text in refusals.KEYWORDS:
                raise stop
        self.advance()
        if after == "(":
            return self._call(token)
        return Name(f"::{text}" if token.of_file else text, token.place)

    def _call(self, name: Token) -> Expression:
        refused = refusals.refused_call(name.text)
        if refused and name.text not in self.declared_functions():
            self.refuse(refused, name.place)
            self.skip_parentheses()
            return NumberLiteral(0, "int", name.place)
        outer, self._asserted = self._asserted, name.text == "assert"
        try:
            return Call(name.text, self._arguments(), name.place)
        finally:
            self._asserted = outer

    def _fetch(self, name: Token) -> Expression:
        """Parse `tex2D<float>(texture, x, y)`, the one call with a type in angle brackets."""
        self.advance()
        self.advance()
        type_ = self.base_type()
        self.expect(">")
        return Call(Fetch(name.text, type_.name).name, self._arguments(), name.place)

    def _arguments(self) -> tuple[Expression, ...]:
        self.expect("(")
        if self.accept(")"):
            return ()
        values = [self.assignment()]
        while self.accept(","):
            values.append(self.assignment())
        self.expect(")")
        return tuple(values)

    def _in_type(self, scope: Token) -> Expression:
        """Parse `E::A`, a name in an enumeration or a structure; only those of an `enum class` keep the scope."""
        self.advance()
        self.advance()
        if scope.text not in self.enumerations:
            return self._named(self.token)
        name = self.expect_name()
        return Name(f"{scope.text}::{name.text}" if self.enumerations[scope.text] else name.text, name.place)

    def _scoped(self, scope: Token) -> Expression:
        """Refuse `std::min(a, b)`, and go on as if it were `min(a, b)`."""
        self.advance()
        self.advance()
        name = self.expect_name()
        refusal = refusals.refused_scope(scope.text, name.text)
        remedy = self.mistakes.missing(scope.text)
        stop = self.refuse(refusal._replace(remedy=remedy or refusal.remedy), scope.place)
        if self.token.text != "(":
            raise stop
        return self._call(name)

    def _functional_cast(self, token: Token, after: str) -> Expression:
        if after == "(":
            type_ = self.base_type()
            self.expect("(")
            if is_dim3(type_) or self.token.text == ")":
                return Braced(type_, self.sizes(), token.place)
            value = self.assignment()
            if self.token.text == ",":
                message = f"'{token.text}(...)' converts one value"
                raise self.wrong(message, token.place, f"write make_{token.text}(...)")
            self.expect(")")
            return Cast(type_, value, token.place)
        if after == "{":
            return Braced(self.base_type(), self.braces(), token.place)
        if after in (">", ",") and self.position and self.tokens[self.position - 1].text in ("<", ","):
            raise self.refuse(refusals.TEMPLATE_ARGUMENT, token.place)
        raise self.unexpected("an expression")

    def sizes(self) -> Initializer:
        """Parse values behind an opening parenthesis, which mean what they would in braces."""
        place = self.token.place
        values = [] if self.token.text == ")" else [self.assignment()]
        while values and self.accept(","):
            values.append(self.assignment())
        self.expect(")")
        return Initializer(tuple(values), place)

    def _braces(self, what: str, token: Token) -> Stop:
        remedy = "declare a variable with this value, or use a maker such as make_float4(...)"
        return self.refuse(refusals.Refusal(f"{what} is not in the portable subset", remedy), token.place)

    def _named_cast(self, word: Token) -> Expression:
        self.advance()
        self.expect("<")
        type_ = self.type_name()
        self.expect(">")
        self.expect("(")
        value = self.expression()
        self.expect(")")
        return Cast(type_, value, word.place, word.text)

    def _sizeof(self, word: Token) -> Expression:
        self.advance()
        if self.token.text != "(":
            return SizeOf(self._unary(), word.place)
        self.advance()
        if self.starts_type():
            type_ = self.type_name()
            self.expect(")")
            return SizeOf(type_, word.place)
        value = self.expression()
        self.expect(")")
        return SizeOf(self._postfix(value), word.place)

    def _postfix(self, value: Expression) -> Expression:
        while self.token.text in _POSTFIX:
            token = self.advance()
            text = token.text
            if text == "[":
                value = Index(value, self.expression(), token.place)
                self.expect("]")
            elif text == "(":
                value = self._method(value, token)
            elif text in ("++", "--"):
                value = Postfix(text, value, token.place)
            else:
                name = self.expect_name()
                whole = value if text == "." else Unary("*", value, token.place)
                value = Member(whole, name.text, name.place)
        return value

    def _method(self, value: Expression, bracket: Token) -> Expression:
        """Parse a call of a member of thread_block, the one class whose members may be called."""
        if not (isinstance(value, Member) and value.name in MEMBERS and THREAD_BLOCK in self.types):
            raise self._not_callable(value, bracket)
        self.expect(")")
        return Call(f"{THREAD_BLOCK}_{value.name}", (value.object,), value.place)

    def _not_callable(self, value: Expression, bracket: Token) -> Stop:
        if isinstance(value, Member):
            return self.refuse(refusals.METHOD, value.place)
        return self.wrong("only a function's name can be called", bracket.place)
