"""A position in a list of tokens: look ahead, step, expect a token, report a mistake, and recover from it."""

from __future__ import annotations

from imgcuda.frontend import refusals
from imgcuda.frontend.lexer import END, IDENTIFIER, OTHER, Token
from imgcuda.frontend.mistakes import Mistakes
from imgcuda.frontend.syntax import Place


class Stop(Exception):
    """Raised to go on at the next statement or item; the mistake is reported already."""


class Cursor:
    """Walks along tokens; the last one has the kind END."""

    def __init__(self, tokens: list[Token], mistakes: Mistakes) -> None:
        self.tokens = [*tokens, tokens[-1], tokens[-1], tokens[-1]]  # so that a look ahead needs no check
        self.mistakes = mistakes
        self.position = 0
        self.token = tokens[0]

    def advance(self) -> Token:
        """Step on, and return the token stepped over."""
        token = self.token
        self.position += 1
        self.token = self.tokens[self.position]
        return token

    def go_to(self, position: int) -> None:
        """Go on at a token by its number."""
        self.position = position
        self.token = self.tokens[position]

    def peek(self, distance: int = 1) -> Token:
        """Return a token further on."""
        return self.tokens[self.position + distance]

    def accept(self, text: str) -> bool:
        """Step over the token if it is this one."""
        if self.token.text != text:
            return False
        self.advance()
        return True

    def expect(self, text: str) -> Token:
        """Step over the token, which must be this one."""
        if self.token.text != text:
            raise self.unexpected(f"'{text}'")
        return self.advance()

    def expect_name(self) -> Token:
        """Step over a name."""
        if self.token.kind != IDENTIFIER:
            raise self.unexpected("a name")
        return self.advance()

    def unexpected(self, wanted: str) -> Stop:
        """Report that another token stands where `wanted` should."""
        token = self.token
        refused = refusals.refused_word(token.text)
        if refused:
            return self.refuse(refused, token.place)
        found = token.text if token.kind == END else f"'{token.text}'"
        if token.hidden and not _stray(token):
            named = wanted == "a name"
            why = f", since '{token.macro}' is a macro" if named else f", in what the macro '{token.macro}' stands for"
            remedy = "use another name, or #undef the macro before" if named else ""
            return self.wrong(f"expected {wanted}, found {found}{why}", token.place, remedy)
        return self.wrong(_stray(token) or f"expected {wanted}, found {found}", token.place)

    def wrong(self, message: str, place: Place, remedy: str = "") -> Stop:
        """Report a mistake. The caller raises the returned exception if it cannot go on."""
        self.mistakes.add(message, place, remedy)
        return Stop()

    def refuse(self, refusal: refusals.Refusal, place: Place) -> Stop:
        """Report valid CUDA C++ that the CPU engine refuses."""
        self.mistakes.add(refusal.message, place, refusal.remedy, portable=True)
        return Stop()

    def semicolon(self) -> None:
        """Step over a semicolon; report a missing one where it should stand, and mostly go on."""
        if self.accept(";"):
            return
        if self.token.kind == OTHER or refusals.refused_word(self.token.text):
            raise self.unexpected("';'")
        before = self.tokens[self.position - 1]
        stop = self.wrong(f"expected ';' after '{before.text}'", self.end_of(before))
        if self.token.place.line == before.place.line and self.token.text != "}":
            raise stop

    def end_of(self, token: Token) -> Place:
        """Return the place right behind a token."""
        place = token.place
        written = self.mistakes.source_line(place).startswith(token.text, place.column - 1)
        # A token that a macro made has the place of the macro's use, where its length means nothing.
        return Place(place.file, place.line, place.column + (len(token.text) if written else 0))

    def skip_parentheses(self) -> None:
        """Step over `( ... )` and its contents."""
        opening = self.expect("(")
        depth = 1
        while depth:
            if self.token.kind == END or self.token.text in ("{", "}"):
                raise self.wrong("this '(' is never closed", opening.place)
            depth += {"(": 1, ")": -1}.get(self.advance().text, 0)

    def recover(self, start: int) -> None:
        """Go behind the statement or item that begins at `start` and has a mistake at the current token."""
        broken, position, open_brackets = self.position, start, list[str]()
        while self.tokens[position].kind != END:
            text = self.tokens[position].text
            if text == "{" and position == broken:  # a ')' was expected here
                open_brackets = [bracket for bracket in open_brackets if bracket == "{"]
            position += 1
            if text in ("(", "[", "{"):
                # The semicolons in the head of a "for" end nothing.
                open_brackets.append("for" if self.tokens[position - 2].text == "for" else text)
            elif text in (")", "]") and open_brackets and open_brackets[-1] != "{":
                open_brackets.pop()
            elif text == "}":
                if "{" not in open_brackets:
                    position -= 1
                    break
                while open_brackets.pop() != "{":
                    pass
                if not open_brackets and position > broken and self.tokens[position].text != "else":
                    break
            elif text == ";" and position > broken:
                while open_brackets and open_brackets[-1] in ("(", "["):
                    open_brackets.pop()
                if not open_brackets:
                    break
        self.position = max(position, broken)
        self.token = self.tokens[self.position]


def _stray(token: Token) -> str:
    if token.kind != OTHER:
        return ""
    name = {"/*": "comment", '"': "string", "'": "quote"}.get(token.text)
    return f"this {name} is never closed" if name else f"unexpected character '{token.text}'"
