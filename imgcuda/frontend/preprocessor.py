"""The preprocessor: turns source text into tokens, with directives carried out and macros expanded.

A token that a macro made has the place of the macro's use, so that a message shows a line that the author can change.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from imgcuda.errors import did_you_mean
from imgcuda.frontend.compilers import CPU
from imgcuda.frontend.constant_expressions import NotConstant, integer
from imgcuda.frontend.headers import HEADERS, UNKNOWN
from imgcuda.frontend.lexer import END, IDENTIFIER, NUMBER, PRAGMA, Lexer, Token
from imgcuda.frontend.macros import Macro, Macros, spell
from imgcuda.frontend.mistakes import EnoughMistakes, Mistakes
from imgcuda.frontend.parse_cursor import Stop
from imgcuda.frontend.parse_expressions import ExpressionParser
from imgcuda.frontend.syntax import Place


@dataclass(slots=True)
class _Condition:
    """An `#if` that is not closed yet."""

    place: Place
    active: bool
    done: bool
    """Whether no further branch of it may be taken."""
    seen_else: bool = False


def preprocess(text: str, file: str, macros: Mapping[str, str], mistakes: Mistakes) -> list[Token]:
    """Return the tokens for the parser, closed by one of kind END; add errors to `mistakes`."""
    return Preprocessor(text, file, {**dict(CPU), **macros}, mistakes).run()


class Preprocessor:
    """Carries out the directives of one text."""

    def __init__(self, text: str, file: str, macros: Mapping[str, str], mistakes: Mistakes) -> None:
        self._lexer = Lexer(text, file)
        self._mistakes = mistakes
        self._macros = Macros(mistakes)
        self._given: dict[str, Macro] = {}
        """The macros of the core, which are defined before the author's file."""
        self._conditions: list[_Condition] = []
        self._pending: list[Token] = []
        self._included: set[str] = set()
        self._result: list[Token] = []
        self.defined: dict[str, str] = {}
        """The macros that the text defines, each with the file of its last definition."""
        self._place = Place(file, 1, 1)
        for name, value in macros.items():
            self._macros.define(next(Lexer(f"{name} {value}", f"<macro {name}>").lines()))

    def run(self) -> list[Token]:
        self._read(self._lexer)
        for condition in self._conditions:
            self._mistakes.add("this #if has no #endif", condition.place)
        self._flush()
        return self.tokens

    def _read(self, lexer: Lexer) -> None:
        for tokens in lexer.lines():
            if tokens and tokens[0].text == "#":
                self._directive(tokens)
            elif not self._conditions or self._conditions[-1].active:
                self._pending += tokens
            if tokens:
                self._place = tokens[-1].place

    @property
    def tokens(self) -> list[Token]:
        """The tokens so far, closed by one of kind END."""
        return [*self._result, Token(END, "the end of the file", self._place)]

    def _flush(self) -> None:
        """Expand the collected lines with the macros of now; a macro's call may span many lines."""
        self._result += self._macros.expand(self._pending)
        self._macros.made = len(self._result)
        self._pending = []

    def _directive(self, tokens: list[Token]) -> None:
        if len(tokens) == 1:
            return
        name, rest = tokens[1], tokens[2:]
        if name.text in _CONDITIONALS:
            self._flush()
            _CONDITIONALS[name.text](self, name, rest)
        elif self._conditions and not self._conditions[-1].active:
            return
        elif name.text in _DIRECTIVES:
            self._flush()
            _DIRECTIVES[name.text](self, name, rest)
        elif name.kind == NUMBER:  # a line marker of a compiler: # 12 "blur.cu"
            self._line(name, tokens[1:])
        else:
            known = [*_CONDITIONALS, *_DIRECTIVES]
            self._mistakes.add(f"unknown directive '#{name.text}'{did_you_mean(name.text, known)}", name.place)

    def _if(self, name: Token, rest: list[Token]) -> None:
        outside = not self._conditions or self._conditions[-1].active
        active = outside and self._holds(name, rest)
        self._conditions.append(_Condition(name.place, active, done=active or not outside))

    def _elif(self, name: Token, rest: list[Token]) -> None:
        condition = self._innermost(name)
        if condition:
            condition.active = not condition.done and self._holds(name, rest)
            condition.done = condition.done or condition.active

    def _else(self, name: Token, rest: list[Token]) -> None:
        condition = self._innermost(name)
        if condition:
            condition.active, condition.done, condition.seen_else = not condition.done, True, True

    def _endif(self, name: Token, rest: list[Token]) -> None:
        if self._conditions:
            self._conditions.pop()
        else:
            self._mistakes.add("#endif without #if", name.place)

    def _innermost(self, name: Token) -> _Condition | None:
        if not self._conditions:
            self._mistakes.add(f"#{name.text} without #if", name.place)
            return None
        if self._conditions[-1].seen_else:
            self._mistakes.add(f"#{name.text} after #else", name.place)
        return self._conditions[-1]

    def _holds(self, name: Token, rest: list[Token]) -> bool:
        if name.text in ("ifdef", "ifndef"):
            return self._is_defined(name, rest) == (name.text == "ifdef")
        return bool(self._integer(name, self._without_defined(rest)))

    def _is_defined(self, directive: Token, rest: list[Token]) -> bool:
        if not rest or rest[0].kind != IDENTIFIER:
            self._mistakes.add(f"#{directive.text} needs a name", directive.place)
            return False
        return rest[0].text in self._macros.table

    def _without_defined(self, tokens: list[Token]) -> list[Token]:
        """Replace `defined X` and `defined(X)` by 1 or 0, before macros are expanded."""
        result, i = [], 0
        while i < len(tokens):
            token, skip = tokens[i], 1
            if token.text == "defined":
                bracket = i + 1 < len(tokens) and tokens[i + 1].text == "("
                defined = self._is_defined(token, tokens[i + 1 + bracket :])
                token, skip = Token(NUMBER, str(int(defined)), token.place), 4 if bracket else 2
            result.append(token)
            i += skip
        return result

    def _integer(self, directive: Token, tokens: list[Token]) -> int:
        tokens = [_as_number(token) for token in self._macros.expand(tokens)]
        tokens.append(Token(END, "the end of the line", tokens[-1].place if tokens else directive.place))
        parser = ExpressionParser(tokens, self._mistakes)
        try:
            value = integer(parser.expression())
            if parser.token.kind != END:
                parser.unexpected("the end of the line")
            return value
        except NotConstant as wrong:
            self._mistakes.add(wrong.message, wrong.place)
        except RecursionError:
            self._mistakes.add("this is nested too deeply", directive.place, "define names for parts of it")
        except Stop:
            pass
        return 0

    def _define(self, name: Token, rest: list[Token]) -> None:
        if not rest or rest[0].kind != IDENTIFIER:
            self._mistakes.add("#define needs a name", name.place)
        else:
            self._macros.define(rest)
            self.defined[rest[0].text] = rest[0].place.file
            self._hold_given(rest[0])

    def _hold_given(self, name: Token) -> None:
        """Refuse another value for a macro that was set before the author's text."""
        given, own = self._given.get(name.text), self._macros.table.get(name.text)
        if given is None or own is None or given.spelled == own.spelled:
            return
        remedy = f"leave it out, guard it with #ifndef {name.text}, or give yours another name"
        message = f"'{name.text}' is {given.spelled or 'empty'} by imgcuda, and {own.spelled or 'empty'} here"
        if name.text in ("BLOCK_WIDTH", "BLOCK_HEIGHT"):
            remedy = "leave it out; the filter's layout = Layout(block=(width, height)) says how large a block is"
        self._mistakes.add(message, name.place, remedy)

    def _undef(self, name: Token, rest: list[Token]) -> None:
        if rest:
            self._macros.table.pop(rest[0].text, None)
            self._given.pop(rest[0].text, None)

    def _error(self, name: Token, rest: list[Token]) -> None:
        self._mistakes.add(f"#error: {spell(rest)}", name.place)
        raise EnoughMistakes  # after #error, the rest makes no sense

    def _line(self, name: Token, rest: list[Token]) -> None:
        if not rest or not rest[0].text.isdecimal():
            self._mistakes.add("#line needs a number", name.place)
            return
        file = rest[1].text[1:-1] if len(rest) > 1 else self._lexer.file
        self._lexer.renumber(int(rest[0].text), file)
        if int(rest[0].text) == 1:  # a file begins: all macros of now were defined before it
            headers = {name for name, file in self.defined.items() if file.startswith("<")}
            self._given = {name: macro for name, macro in self._macros.table.items() if name not in headers}

    def _include(self, name: Token, rest: list[Token]) -> None:
        header = "".join(token.text for token in rest).strip('<">')
        if header not in HEADERS:
            self._mistakes.passed_over.append(header)
        text = HEADERS.get(header, UNKNOWN)
        if text not in self._included:  # all headers that are not known have one text
            self._included.add(text)
            self._read(Lexer(text, f"<{header}>"))

    def _pragma(self, name: Token, rest: list[Token]) -> None:
        words = [token.text for token in rest[:2]]
        if words[:1] == ["unroll"]:
            # A name has no value before the parser runs; the loop is then unrolled as by a bare "unroll".
            known = self._macros.expand(rest[1:])
            count = "" if any(t.kind == IDENTIFIER for t in known) or not known else f" {self._integer(name, known)}"
            self._result.append(Token(PRAGMA, f"unroll{count}", name.place))
        elif words[:1] == ["nounroll"]:
            self._result.append(Token(PRAGMA, "unroll 1", name.place))

    def _ignore(self, name: Token, rest: list[Token]) -> None:
        """Ignore a directive, like `#warning`."""


def _as_number(token: Token) -> Token:
    """Return a token for `#if`, where a name that is not a macro counts as 0."""
    if token.kind != IDENTIFIER:
        return token
    return Token(NUMBER, "1" if token.text == "true" else "0", token.place)


_Obey = Callable[[Preprocessor, Token, list[Token]], None]
_CONDITIONALS: dict[str, _Obey] = {
    "if": Preprocessor._if,
    "ifdef": Preprocessor._if,
    "ifndef": Preprocessor._if,
    "elif": Preprocessor._elif,
    "else": Preprocessor._else,
    "endif": Preprocessor._endif,
}
_DIRECTIVES: dict[str, _Obey] = {
    "define": Preprocessor._define,
    "undef": Preprocessor._undef,
    "error": Preprocessor._error,
    "line": Preprocessor._line,
    "include": Preprocessor._include,
    "pragma": Preprocessor._pragma,
    "warning": Preprocessor._ignore,
}
