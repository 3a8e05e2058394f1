"""`parse`: turns the text of a CUDA C file into its syntax tree, or raises all mistakes found in it.

A text goes through lexer, macros, preprocessor, and the parser in parse_cursor, parse_expressions, parse_types,
parse_declarations, parse_statements and here. The module refusals lists valid CUDA C++ outside the portable subset.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

from imgcuda.frontend import refusals
from imgcuda.frontend.host_code import (
    DEVICE_WORDS,
    behind_declaration,
    behind_host_function,
    blanked,
    name_of,
    names_in,
)
from imgcuda.frontend.lexer import END, IDENTIFIER, NUMBER, PRAGMA, STRING, Lexer, Token
from imgcuda.frontend.mistakes import EnoughMistakes, Mistakes
from imgcuda.frontend.parse_cursor import Stop
from imgcuda.frontend.parse_declarations import DeclarationParser
from imgcuda.frontend.parse_statements import StatementParser, Unclosed
from imgcuda.frontend.parse_types import FUNCTION_WORDS, Specifiers
from imgcuda.frontend.preprocessor import preprocess
from imgcuda.frontend.std_names import plain_names
from imgcuda.frontend.syntax import (
    ArrayType,
    Block,
    Function,
    FunctionParameter,
    NamedType,
    Place,
    PointerType,
    StringLiteral,
    TranslationUnit,
    TypeName,
    walk,
)
from imgcuda.frontend.textures import DECLARATION, FETCHES, TEXTURE

_NO_GLOBALS = refusals.Refusal(
    "this global variable is the host's",
    "write __device__ in front of it, or __constant__ if no kernel changes it",
)
_NO_TEXTS = refusals.Refusal(
    "a pointer to a string outside of functions is the host's", "write the string in the kernel, or make it an array"
)
_NO_AUTO = refusals.Refusal("'auto' for what a function takes or returns is C++", "write the type")
_NO_VARIADIC = refusals.Refusal("'...' is not in the portable subset", "name the parameters")

_NOT_OF_PARAMETERS = FUNCTION_WORDS | {
    "static",
    "extern",
    "typedef",
    "constexpr",
    "inline",
    "__shared__",
    "__constant__",
}
_STARTS_ITEM = FUNCTION_WORDS | {"extern", "static", "template"}


def parse(text: str, file: str, macros: Mapping[str, str] = {}) -> TranslationUnit:
    """Return the tree of a CUDA C file, or raise KernelError with up to ten mistakes.

    It is PortabilityError if all mistakes are valid CUDA C++. `macros` are defined before the first line.
    """
    return parsed(text, file, macros)[0]


def parsed(text: str, file: str, macros: Mapping[str, str] = {}) -> tuple[TranslationUnit, Mistakes]:
    """Return the tree of a file, and the record of its mistakes, which has those in the host's declarations."""
    mistakes = Mistakes(text, file)
    tree = TranslationUnit()
    with suppress(EnoughMistakes), _no_garbage():
        tree = _Parser(plain_names(preprocess(text, file, macros, mistakes)), mistakes).parse()
    mistakes.raise_if_any()
    return tree, mistakes


def without_host_code(text: str, file: str) -> str:
    """Return a text with the host's functions and declarations replaced by blanks, as far as it can be read."""
    return blanked(text, file, host_code(text, file))


def host_code(text: str, file: str) -> list[tuple[Place, Place]]:
    """Return the host's functions and declarations: the places of the first and the last token of each."""
    mistakes, unread = Mistakes(text, file), list[tuple[Place, Place]]()
    with suppress(EnoughMistakes), _no_garbage():
        parser = _Parser(plain_names(preprocess(text, file, {}, mistakes)), mistakes)
        unread = parser.file.unread
        parser.parse()
    return unread


@contextmanager
def _no_garbage() -> Iterator[None]:
    """Pause Python's garbage collector: a tree that only grows has no garbage, and looking for it takes a third of the
    time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


class _Parser(StatementParser):
    """Parses a whole file."""

    def __init__(self, tokens: list[Token], mistakes: Mistakes) -> None:
        super().__init__(tokens, mistakes)
        self._namespaces: set[str] = set()
        if any(token.text == TEXTURE or token.text in FETCHES for token in tokens):
            self._declare_texture()

    def _declare_texture(self) -> None:
        """Declare the structure that a texture is on the CPU."""
        lines = Lexer(DECLARATION, "<imgcuda>").lines()
        end = Token(END, "the end of the file", Place("<imgcuda>", 1, 1))
        other = DeclarationParser([*next(lines), end], self.mistakes)
        other.specifiers()
        self.add_type(other.file.structures[0])
        self.types.add(TEXTURE)

    def parse(self) -> TranslationUnit:
        try:
            self._items_of_file("")
        except RecursionError:
            self.wrong("this is nested too deeply", self.token.place, "use variables for parts of it")
        return self.file

    def _items_of_file(self, end: str) -> None:
        while self.token.kind != END and self.token.text != end:
            start, mark, before = self.position, self.types.mark(), self.mistakes.count
            sizes = self.file.sizes()
            try:
                self._item()
            except Stop:
                self.recover(start)
                self.types.restore(mark)
            except Unclosed:
                self.types.back_to(mark)
            if self.mistakes.count > before:
                self._forget(start, mark, before, sizes)

    def _forget(self, start: int, mark: int, before: int, sizes: tuple[int, ...]) -> None:
        """Forget the mistakes in a declaration of the host; they are told only if a kernel uses one of its names."""
        behind = behind_declaration(self.tokens, start)
        item = self.tokens[start:behind]
        if not item or not DEVICE_WORDS.isdisjoint(token.text for token in item):
            return
        if self.mistakes.forgotten(before, names_in(item)):
            self.types.back_to(mark)
            self.file.back_to(sizes)
            self.keep_declared()
            self.go_to(behind)
            self._unread(start)

    def _unread(self, start: int) -> None:
        """Note that the tokens from a position up to here are for the host."""
        self.file.unread.append((self.tokens[start].place, self.tokens[self.position - 1].place))

    def _host_function(self) -> bool:
        """Step over a function of the host, if one is defined here."""
        behind = behind_host_function(self.tokens, self.position)
        if behind == self.position:
            return False
        start, name = self.position, name_of(self.tokens, self.position)
        declared = (each for each in self.file.functions if each.name == name and each.body is None)
        if any(each.device or each.kernel for each in declared):
            return False  # its declaration says what it is
        self.file.host.add(name)
        self.go_to(behind)
        self._unread(start)
        return True

    def _item(self) -> None:
        text = self.token.text
        if text == ";" or self.token.kind == PRAGMA:
            self.advance()
        elif text == "using":
            self._using_of_file()
        elif text in ("static_assert", "_Static_assert"):
            self.static_assert()
        elif text == "extern" and self.peek().kind == STRING:
            self._extern_c()
        elif text == "}":
            self.advance()
            self.wrong("'}' without '{'", self.tokens[self.position - 1].place)
        elif text == "namespace" or (text == "inline" and self.peek().text == "namespace"):
            self._namespace()
        elif not self._host_function():
            start, functions = self.position, len(self.file.functions)
            self._declaration_of_file()
            if any(not (each.device or each.kernel) for each in self.file.functions[functions:]):
                self._unread(start)  # a declaration of a function of the host

    def _using_of_file(self) -> None:
        """Parse `using`; the names of namespaces that the file does not declare are for the host."""
        start = self.position
        self.using()
        words = {token.text for token in self.tokens[start : self.position]}
        if not words & {"=", *self._namespaces} and words & {"::", "namespace"}:
            self._unread(start)

    def _namespace(self) -> None:
        """Parse a namespace, or another name for one; its declarations are parsed as if they stood outside.

        `plain_names` drops the names of namespaces.
        """
        while self.token.text != "{":
            if self.accept(";"):
                return
            if self.token.kind == END:
                raise self.unexpected("'{'")
            self.advance()
        self._namespaces.add(self.tokens[self.position - 1].text)
        self._scope()

    def _extern_c(self) -> None:
        self.advance()
        self.advance()
        if self.token.text == "{":
            self._scope()

    def _scope(self) -> None:
        """Parse declarations at file scope that stand in braces."""
        opening = self.advance()
        self._items_of_file("}")
        if not self.accept("}"):
            raise self.wrong("this '{' is never closed", opening.place)

    def _declaration_of_file(self) -> None:
        place = self.token.place
        specifiers = self.specifiers()
        if "typedef" in specifiers.words:
            self.typedef(specifiers)
            return
        if self.accept(";"):
            return
        name, type_ = self.declared_name(specifiers)
        if self.token.text == "(" and self._starts_parameters(specifiers):
            self._function(name, type_, specifiers)
            return
        space = self._global_space(specifiers)
        if not space:
            raise self.refuse(_NO_GLOBALS, place)
        while True:
            variable = self.variable(name, type_, specifiers, space)
            if any(isinstance(each, StringLiteral) for each in walk(variable.value)):
                raise self.refuse(_NO_TEXTS, place)
            self.file.globals.append(variable)
            self.file.items.append(variable)
            if not self.accept(","):
                break
            name, type_ = self.declared_name(specifiers)
        self.semicolon()

    def _global_space(self, specifiers: Specifiers) -> str:
        if "__shared__" in specifiers.words:
            return "shared"
        if specifiers.const or "__constant__" in specifiers.words:
            return "constant"
        return "device" if specifiers.words & {"__device__", "__managed__"} else ""

    def _starts_parameters(self, specifiers: Specifiers) -> bool:
        """Whether `(` begins a function's parameters rather than a value, as in `const int size(5);`."""
        first, second = self.peek(), self.peek(2)
        if first.kind == NUMBER:
            return False
        if not specifiers.const or "__global__" in specifiers.words or first.text in (")", "const", "struct"):
            return True
        if first.kind != IDENTIFIER:
            return False
        return (first.text in self.types and second.text != "(") or second.kind == IDENTIFIER

    def _function(self, name: Token, result: TypeName, specifiers: Specifiers) -> None:
        outside = self.types.mark()
        parameters = self._parameters()
        self.accept("noexcept")
        if specifiers.type.name == "auto":
            if not self.accept("->"):
                raise self.refuse(_NO_AUTO, name.place)
            result = self.type_name()
        self.result = result
        try:
            body = self._body_of_function()
        finally:
            self.types.back_to(outside)
        kernel = "__global__" in specifiers.words
        if kernel and specifiers.words & {"__device__", "__host__"}:
            message = f"'{name.text}' cannot be a kernel and a function that others call"
            self.wrong(message, name.place, "write either '__global__' or '__device__'")
        device = "__device__" in specifiers.words
        constexpr = "constexpr" in specifiers.words
        function = Function(name.text, result, parameters, body, name.place, kernel, device, constexpr)
        self.file.functions.append(function)
        self.file.items.append(function)

    def _body_of_function(self) -> Block | None:
        if self.token.text == "{":
            return self.block()
        if self.token.text == ";" or self.token.kind == END or self.token.text in _STARTS_ITEM:
            self.semicolon()
            return None
        bracket = self.tokens[self.position - 1]
        self.wrong(f"expected '{{' after '{bracket.text}'", self.end_of(bracket))
        return self.rest_of_block(bracket)

    def _parameters(self) -> tuple[FunctionParameter, ...]:
        self.expect("(")
        if self.token.text == "void" and self.peek().text == ")":
            self.advance()
        if self.accept(")"):
            return ()
        parameters = [self._parameter()]
        while self.accept(","):
            parameters.append(self._parameter())
        self.expect(")")
        return tuple(parameters)

    def _parameter(self) -> FunctionParameter:
        if self.token.text == "...":
            raise self.refuse(_NO_VARIADIC, self.token.place)
        place = self.token.place
        specifiers = self.specifiers()
        if storage := sorted(specifiers.words & _NOT_OF_PARAMETERS):
            self.wrong(f"'{storage[0]}' has no place in a parameter", place, "leave it out")
        name, type_ = self.declarator(specifiers.type)
        default = self.assignment() if self.accept("=") else None
        if specifiers.type.name == "auto":
            raise self.refuse(_NO_AUTO, place)
        if isinstance(type_, ArrayType):  # as in C, an array's address is passed
            type_ = PointerType(type_.element)
        if name is None:
            return FunctionParameter("", type_, place, specifiers.const, default)
        if not isinstance(type_, NamedType) or name.text in self.types:
            self.types.hide(name.text)
        return FunctionParameter(name.text, type_, name.place, specifiers.const, default)
