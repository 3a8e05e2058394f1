"""Parses declarations: variables and their values, struct, enum, typedef and using."""

from __future__ import annotations

from dataclasses import replace

from imgcuda.frontend import refusals
from imgcuda.frontend.lexer import END, IDENTIFIER, PUNCTUATOR, STRING, Token
from imgcuda.frontend.mistakes import Mistakes
from imgcuda.frontend.parse_types import SPECIFIER_WORDS, WITH_ARGUMENT, Specifiers, Types
from imgcuda.frontend.syntax import (
    PRELUDE,
    UNNAMED,
    ArrayType,
    Declaration,
    Enumeration,
    Expression,
    Initializer,
    NamedType,
    NumberLiteral,
    Structure,
    TranslationUnit,
    Typedef,
    TypeName,
    is_dim3,
    with_scope,
)

_NO_CONSTRUCTOR = refusals.Refusal("several values in parentheses call a constructor, which is C++", "write braces")
_NO_BITS = refusals.Refusal("a bit field is not in the portable subset", "use shifts and masks")
_NO_DESIGNATORS = refusals.Refusal(
    "a value for an element by its index is not in the portable subset", "list the values in order"
)
_ACCESS = frozenset(["public", "private", "protected"])
"""C++'s access labels before fields; they change nothing here, and nvcc checks them."""
_NO_BASE = refusals.Refusal("inheritance is C++", f"put the fields into the struct, or {refusals.GUARD}")


class DeclarationParser(Types):
    """Parses declarations; types that they declare are added to `file` and are known from there on."""

    def __init__(self, tokens: list[Token], mistakes: Mistakes) -> None:
        super().__init__(tokens, mistakes)
        self.file = TranslationUnit()
        self._declared: dict[str, Structure | Enumeration | Typedef] = {}

    def declared_functions(self) -> set[str]:
        return {each.name for each in self.file.functions}

    def declared_name(self, specifiers: Specifiers) -> tuple[Token, TypeName]:
        """Parse a declarator that must have a name."""
        name, type_ = self.declarator(specifiers.type)
        if name is None:
            raise self.unexpected("a name")
        # As in C, the name of a variable hides a type of that name.
        if "typedef" not in specifiers.words:
            self.types.hide(name.text)
        return name, type_

    def variable(self, name: Token, type_: TypeName, specifiers: Specifiers, space: str) -> Declaration:
        """Parse the value of a declared variable, and return the declaration."""
        external = space == "shared" and "extern" in specifiers.words
        while self.token.text in WITH_ARGUMENT:
            self.attribute()
        return Declaration(
            name.text,
            type_,
            self._characters() if self._begins_a_text(type_) else self._value(type_),
            name.place,
            space,
            specifiers.const,
            external,
            "constexpr" in specifiers.words,
        )

    def _begins_a_text(self, type_: TypeName) -> bool:
        """Whether a string comes as the value of an array."""
        return isinstance(type_, ArrayType) and self.token.text == "=" and self.peek().kind == STRING

    def _characters(self) -> Initializer:
        """Parse `= "text"`, the value of an array of characters, as numbers in braces."""
        self.advance()
        text = self.string()
        numbers = (NumberLiteral(each - 256 * (each > 127), "char", text.place) for each in (*text.value, 0))
        return Initializer(tuple(numbers), text.place)

    def _value(self, type_: TypeName) -> Expression | Initializer | None:
        if self.accept("="):
            return self._initializer()
        if self.token.text == "{":
            return self._initializer()
        if self.accept("("):
            if is_dim3(type_):
                return self.sizes()
            value = self.assignment()
            if self.token.text == ",":
                raise self.refuse(_NO_CONSTRUCTOR, self.token.place)
            self.expect(")")
            return value
        return None

    def _initializer(self) -> Expression | Initializer:
        return self.braces() if self.token.text == "{" else self.assignment()

    def braces(self) -> Initializer:
        place = self.advance().place
        values: list[Expression | Initializer] = []
        names: list[str] = []
        while self.token.text != "}":
            if self.token.text == "[":
                raise self.refuse(_NO_DESIGNATORS, self.token.place)
            if self.token.text == ".":
                names.append(self._designator())
            if names and len(names) != len(values) + 1:
                raise self.wrong("either all values have a field's name or none", self.token.place)
            values.append(self._initializer())
            if not self.accept(","):
                break
        self.expect("}")
        return Initializer(tuple(values), place, tuple(names))

    def _designator(self) -> str:
        """Parse `.name =`, before a field's value."""
        self.advance()
        name = self.expect_name().text
        if self.token.text != "{":
            self.expect("=")
        return name

    # ---- types that the author declares

    def add_type(self, node: Structure | Enumeration | Typedef) -> None:
        """Keep a declared type; one declared in a function goes to the file too, under its own name."""
        same = self._declared.get(node.name)
        if isinstance(node, Typedef) and isinstance(same, Typedef) and node.type == same.type:
            return
        if same is not None:
            own = same.place.file == PRELUDE
            message = f"'{node.name}' is imgcuda's own type" if own else f"'{node.name}' is declared twice"
            self.wrong(message, node.place, f"give {'yours another name' if own else 'the second a name of its own'}")
            return
        if isinstance(node, Structure):
            self.file.structures.append(node)
        elif isinstance(node, Typedef):
            self.file.typedefs.append(node)
        else:
            self.file.enumerations.append(node)
        if node.name:
            self._declared[node.name] = node

    def keep_declared(self) -> None:
        """Forget the names of the types that are in the file no more."""
        there = {id(each) for each in (*self.file.structures, *self.file.enumerations, *self.file.typedefs)}
        self._declared = {name: node for name, node in self._declared.items() if id(node) in there}

    def typedef(self, specifiers: Specifiers) -> None:
        """Parse the names behind `typedef type`, to the semicolon."""
        while True:
            name, type_ = self.declared_name(specifiers)
            # `typedef struct tile { ... } tile;` adds nothing, since a tag is already a type's name.
            if type_ != replace(specifiers.type, name=name.text):
                self.add_type(Typedef(name.text, type_, name.place))
            self.types.add(name.text)
            if not self.accept(","):
                break
        self.semicolon()

    def using(self) -> None:
        """Parse `using real = float;`."""
        self.advance()
        if self.peek().text != "=":  # names of namespaces are plain names here
            while self.token.text not in (";", "{", "}") and self.token.kind != END:
                self.advance()
            self.semicolon()
            return
        name = self.expect_name()
        self.expect("=")
        self.add_type(Typedef(name.text, self.type_name(), name.place))
        self.types.add(name.text)
        self.semicolon()

    def _tag(self, words: set[str], word: Token) -> Token:
        """Parse a tag; without one, return the typedef's name, or else a name that no author can write."""
        if self.token.kind == IDENTIFIER:
            return self.advance()
        name = self._typedef_name() if "typedef" in words else None
        return name or Token(IDENTIFIER, f"{word.text}{UNNAMED}{word.place.line}:{word.place.column}", word.place)

    def _typedef_name(self) -> Token | None:
        """Look ahead, behind the closing brace, for the name of `typedef struct { ... } name;`."""
        position, depth = self.position, 0
        while position + 1 < len(self.tokens):
            depth += {"{": 1, "}": -1}.get(self.tokens[position].text, 0)
            position += 1
            if depth == 0:
                break
        return next((t for t in self.tokens[position : position + 1] if t.kind == IDENTIFIER), None)

    def structure(self, words: set[str]) -> NamedType:
        word = self.advance()
        align = 0
        while self.token.text in WITH_ARGUMENT:
            align = self.attribute() or align
        tag = self._tag(words, word)
        self.types.add(tag.text)
        if self.token.text == ":":
            raise self.refuse(_NO_BASE, self.token.place)
        if self.token.text == "{":
            fields, defaults = self._fields()
            end = self.tokens[self.position - 1].place
            while self.token.text in WITH_ARGUMENT:
                align = self.attribute() or align
            self.add_type(Structure(tag.text, fields, tag.place, align, defaults, word.text == "union", end))
            self._add_semicolon()
        return NamedType(tag.text, tag.place)

    def _add_semicolon(self) -> None:
        """If the line behind a type's closing brace begins a declaration, report the missing semicolon and add it."""
        brace = self.tokens[self.position - 1]
        begins = self.token.text in SPECIFIER_WORDS or self.token.text in self.types
        if begins and self.token.place.line > brace.place.line:
            self.wrong("expected ';' after '}'", self.end_of(brace))
            self.tokens.insert(self.position, Token(PUNCTUATOR, ";", brace.place))
            self.token = self.tokens[self.position]

    def _fields(self) -> tuple[tuple[tuple[str, TypeName], ...], tuple[tuple[str, Expression | Initializer], ...]]:
        """Parse the fields of a structure; return them, and those with a first value of their own."""
        self.expect("{")
        fields: list[tuple[str, TypeName]] = []
        defaults: list[tuple[str, Expression | Initializer]] = []
        while not self.accept("}"):
            if self.token.text in _ACCESS and self.peek().text == ":":
                self.advance()
                self.advance()
                continue
            specifiers = self.specifiers()
            if self.token.text == "(":
                raise self.refuse(refusals.METHOD, specifiers.type.place)
            if self.token.text == ";" and UNNAMED in specifiers.type.name:
                fields.append((specifiers.type.name, specifiers.type))
                self.advance()
                continue
            while True:
                name, type_ = self.declarator(specifiers.type)
                self._refuse_in_field(name)
                fields.append((name.text if name else "", type_))
                if name and (self.token.text == "{" or self.accept("=")):
                    defaults.append((name.text, self._initializer()))
                if not self.accept(","):
                    break
            self.semicolon()
        return tuple(fields), tuple(defaults)

    def _refuse_in_field(self, name: Token | None) -> None:
        refusal = {"(": refusals.METHOD, ":": _NO_BITS}.get(self.token.text)
        if refusal:
            raise self.refuse(refusal, (name or self.token).place)
        if name is None:
            raise self.unexpected("a name")

    def enumeration(self, words: set[str]) -> NamedType:
        word = self.advance()
        scoped = self.accept("class") or self.accept("struct")
        anonymous = self.token.kind != IDENTIFIER
        tag = self._tag(words, word)
        base = self.base_type() if self.accept(":") else None
        self.types.add(tag.text)
        if self.token.text == "{":
            name = "" if anonymous and tag.place == word.place else tag.text
            self.enumerations[tag.text] = frozenset()
            self.add_type(Enumeration(name, self._members(tag.text if scoped else ""), word.place, base, scoped))
            self._add_semicolon()
        return NamedType(tag.text, tag.place)

    def _members(self, scope: str) -> tuple[tuple[str, Expression | None], ...]:
        """Parse the names of an enumeration; `scope` is the name of an `enum class`."""
        self.expect("{")
        members: list[tuple[str, Expression | None]] = []
        while self.token.text != "}":
            name = self.expect_name()
            members.append((f"{scope}::{name.text}" if scope else name.text, self._member_value(scope)))
            if scope:
                self.enumerations[scope] |= {name.text}
            if not self.accept(","):
                break
        self.expect("}")
        return tuple(members)

    def _member_value(self, scope: str) -> Expression | None:
        """Parse `= value` behind a name of an enumeration, in which an `enum class` may name its own without scope."""
        if not self.accept("="):
            return None
        own = self.enumerations[scope] if scope else frozenset()
        value: Expression = with_scope(self.conditional(), own, scope)
        return value
