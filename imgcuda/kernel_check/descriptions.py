"""Reads the words of a comment that describes a run: numbers by their names, arrays, and the size of the launch.

n=1000               a number: a constant expression of C, with the file's macros and the names before it
color=1,0,0,1        the numbers of a float4; also grid=8,8
x[n]                 an array of n elements of the type that the kernel declares, filled with random numbers
counts[16]=0         an array of zeros
bins[n]<16           an array of random whole numbers from 0 to 15
data=float[n]        an array of this type, for void * and the author's structures
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from imgcuda.errors import KernelError
from imgcuda.frontend.constant_expressions import NotConstant, integer
from imgcuda.frontend.lexer import END, IDENTIFIER, NUMBER, PUNCTUATOR, Token
from imgcuda.frontend.mistakes import EnoughMistakes, Mistakes
from imgcuda.frontend.parse_cursor import Stop
from imgcuda.frontend.parse_expressions import ExpressionParser
from imgcuda.frontend.preprocessor import preprocess
from imgcuda.frontend.syntax import Expression, NumberLiteral, Unary
from imgcuda.kernel_check.run_comments import RunComment
from imgcuda.programs.source import Program

_NULL = ("nullptr", "NULL")


@dataclass(frozen=True)
class Numbers:
    """One number, or several for a vector; a null pointer is a 0."""

    values: tuple[int | float, ...]
    column: int


@dataclass(frozen=True)
class Elements:
    """An array: how many elements, and what they are."""

    count: int
    column: int
    type: str = ""
    """The type of an element; "" is the one that the kernel declares."""
    value: int | float | None = None
    """The value of all elements; None for random ones."""
    below: int | None = None
    """The end of the range of random whole numbers, which begins at 0; None for the type's own range."""


Described = Mapping[str, Numbers | Elements]
"""The numbers and arrays that a comment describes, by name."""


def described(comment: RunComment, program: Program) -> Described:
    """Return what a comment says; KernelError, with its line and column, if it cannot be read."""
    mistakes = Mistakes(program.text, program.name)
    made: dict[str, Numbers | Elements] = {}
    try:
        for item in _items(_tokens(comment, program)):
            name, value = _Item(item, made, mistakes).read()
            if name in made:
                raise KernelError(comment.mistake(f"'{name}' is described twice", column=value.column))
            made[name] = value
    except (Stop, EnoughMistakes):
        pass
    mistakes.raise_if_any()
    return made


def _tokens(comment: RunComment, program: Program) -> list[Token]:
    """Return the tokens of a comment, with the file's macros replaced, each with its own place.

    Mistakes in the file's own lines are for its compilers to tell.
    """
    margin = " " * (comment.column - 1)
    text = f'{program.text}\n#line {comment.line} "{comment.file}"\n{margin}{comment.words}\n'
    tokens = preprocess(text, program.name, {}, Mistakes(text, program.name))
    return [each for each in tokens if (each.place.file, each.place.line) == (comment.file, comment.line)]


def _items(tokens: list[Token]) -> Iterator[list[Token]]:
    """Yield the tokens of each item: a name with a value or a size, which begins where no bracket is open."""
    item: list[Token] = []
    depth = 0
    for token, following in zip(tokens, [*tokens[1:], None], strict=True):
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(token.text, 0)
        begins = token.kind == IDENTIFIER and following is not None and following.text in ("=", "[")
        if item and begins and not depth and item[-1].text != "=":
            yield item
            item = []
        if token.kind != END:
            item.append(token)
    if item:
        yield item


class _Item(ExpressionParser):
    """Reads one item."""

    def __init__(self, tokens: list[Token], known: Described, mistakes: Mistakes) -> None:
        head, *rest = tokens
        end = Token(END, "the end of the description", tokens[-1].place)
        super().__init__([head, *(made for each in rest for made in _replaced(each, known)), end], mistakes)

    def read(self) -> tuple[str, Numbers | Elements]:
        """Return the name and its value."""
        name = self.expect_name()
        made: Numbers | Elements
        if self.token.text == "[":
            made = self._elements(name.place.column, "")
        else:
            self.expect("=")
            typed = self.token.kind == IDENTIFIER and self.peek().text == "["
            made = self._elements(name.place.column, self.advance().text) if typed else self._numbers(name)
        if self.token.kind != END:
            raise self.unexpected("'NAME=' or 'NAME['")
        return name.text, made

    def _elements(self, column: int, type: str) -> Elements:
        self.expect("[")
        place = self.token.place
        count = self._whole()
        self.expect("]")
        if count < 0:
            raise self.wrong(f"an array cannot have {count} elements", place)
        if self.accept("="):
            return Elements(count, column, type, value=self._number_here())
        if self.accept("<"):
            return Elements(count, column, type, below=max(1, self._whole()))
        return Elements(count, column, type)

    def _numbers(self, name: Token) -> Numbers:
        if self.token.text in _NULL:
            self.advance()
            return Numbers((0,), name.place.column)
        values = [self._number_here()]
        while self.accept(","):
            values.append(self._number_here())
        return Numbers(tuple(values), name.place.column)

    def _whole(self) -> int:
        value = self._number_here()
        if isinstance(value, float):
            raise self.wrong(f"expected a whole number, found {value}", self.token.place)
        return value

    def _number_here(self) -> int | float:
        if self.token.kind == IDENTIFIER:
            remedy = f"describe it before, as {self.token.text}=1000"
            raise self.wrong(f"'{self.token.text}' has no value here", self.token.place, remedy)
        tree = self.conditional()
        sign, literal = _signed(tree)
        if isinstance(literal, NumberLiteral) and isinstance(literal.value, float):
            return sign * literal.value
        try:
            return integer(tree)
        except NotConstant as wrong:
            raise self.wrong(wrong.message, wrong.place, "write a number") from None


def _signed(tree: Expression) -> tuple[int, Expression]:
    return (-1, tree.operand) if isinstance(tree, Unary) and tree.operator == "-" else (1, tree)


def _replaced(token: Token, known: Described) -> Iterator[Token]:
    """Yield a token, or for a name that was described before its number."""
    value = known.get(token.text)
    if token.kind != IDENTIFIER or not isinstance(value, Numbers) or len(value.values) > 1:
        yield token
        return
    if value.values[0] < 0:
        yield Token(PUNCTUATOR, "-", token.place)
    yield Token(NUMBER, repr(abs(value.values[0])), token.place)
