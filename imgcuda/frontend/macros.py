"""Macros: `#define`d names and their expansion in a list of tokens.

The algorithm is Prosser's, on which the C standard is based: each token has the set of macros whose expansion made
it (its hide set), and is not expanded by them again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from imgcuda.frontend import limits
from imgcuda.frontend.lexer import IDENTIFIER, NUMBER, PUNCTUATOR, STRING, Token, kind_of
from imgcuda.frontend.mistakes import EnoughMistakes, Mistakes
from imgcuda.frontend.syntax import Place

_PLAIN, _EXPANDED, _RAW, _QUOTED = range(4)


class _ReplacementToken(NamedTuple):
    """One step of a macro's replacement."""

    token: Token
    role: int
    parameter: int
    pasted: bool
    """Whether `##` joins it to the part before."""


@dataclass(slots=True)
class Macro:
    """A macro: its name, its parameters (None if it is not function-like) and its replacement."""

    name: str
    parameters: tuple[str, ...] | None
    variadic: bool
    parts: list[_ReplacementToken]
    simple: bool
    """Whether the replacement is just its tokens."""

    @property
    def spelled(self) -> str:
        """The replacement as a text, without brackets around the whole."""
        words = [part.token.text for part in self.parts]
        if words[:1] == ["("] and words[-1:] == [")"] and "(" not in words[1:]:
            words = words[1:-1]
        parameters = "" if self.parameters is None else f"({', '.join(self.parameters)}) "
        return parameters + " ".join(words)


class Macros:
    """The macros that are defined."""

    def __init__(self, mistakes: Mistakes) -> None:
        self.table: dict[str, Macro] = {}
        self._mistakes = mistakes
        self.made = 0
        """The number of tokens expanded so far."""
        self._depth = 0

    def define(self, tokens: list[Token]) -> None:
        """Define a macro from the tokens behind `#define`; a new definition replaces the old."""
        name, rest = tokens[0], tokens[1:]
        parameters, variadic = None, False
        if rest and rest[0].text == "(" and not rest[0].spaced:
            header = self._parameters(name, rest)
            if header is None:
                return
            parameters, variadic, rest = header
        parts = self._parts(rest, parameters)
        simple = all(part.role == _PLAIN and not part.pasted for part in parts)
        self.table[name.text] = Macro(name.text, parameters, variadic, parts, simple)

    def _parameters(self, name: Token, rest: list[Token]) -> tuple[tuple[str, ...], bool, list[Token]] | None:
        closing = next((i for i, token in enumerate(rest) if token.text == ")"), 0)
        inside = rest[1:closing]
        variadic = bool(inside) and inside[-1].text == "..."
        if variadic:
            inside.pop()
            if not inside or inside[-1].text == ",":
                inside.append(Token(IDENTIFIER, "__VA_ARGS__", name.place))
        names, commas = inside[::2], inside[1::2]
        well_formed = all(t.kind == IDENTIFIER for t in names) and all(t.text == "," for t in commas)
        if not closing or not well_formed or (inside and len(names) != len(commas) + 1):
            self._mistakes.add(f"the parameters of macro '{name.text}' are not a list of names in brackets", name.place)
            return None
        return tuple(token.text for token in names), variadic, rest[closing + 1 :]

    def _parts(self, body: list[Token], parameters: tuple[str, ...] | None) -> list[_ReplacementToken]:
        numbers = {name: i for i, name in enumerate(parameters or ())}
        parts: list[_ReplacementToken] = []
        pasted, quoted = False, False
        for i, token in enumerate(body):
            if token.text == "##":
                if i in (0, len(body) - 1):
                    self._mistakes.add("'##' needs something on either side", token.place)
                pasted = True
            elif token.text == "#" and parameters is not None:
                if i + 1 == len(body) or body[i + 1].text not in numbers:
                    self._mistakes.add("'#' must stand before a parameter of the macro", token.place)
                quoted = True
            else:
                parameter = numbers.get(token.text, -1)
                beside_paste = pasted or (i + 1 < len(body) and body[i + 1].text == "##")
                role = _PLAIN if parameter < 0 else _QUOTED if quoted else _RAW if beside_paste else _EXPANDED
                parts.append(_ReplacementToken(token, role, parameter, pasted))
                pasted, quoted = False, False
        return parts

    def expand(self, tokens: list[Token]) -> list[Token]:
        """Return the tokens with all macros replaced."""
        table = self.table
        done: list[Token] = []
        left = tokens[::-1]
        while left:
            if len(left) + len(done) + self.made > limits.TOKENS:
                raise self.too_many(left[-1].place)
            token = left.pop()
            macro = table.get(token.text)
            if macro is None or macro.name in token.hidden:
                done.append(token)
            elif macro.parameters is None:
                hidden = token.hidden | {macro.name}
                left.extend(reversed(self._replacement(macro, [], token.place, hidden)))
            elif left and left[-1].text == "(":
                left.extend(reversed(self._call(macro, token, left)))
            else:
                done.append(token)
        return done

    def too_many(self, place: Place) -> EnoughMistakes:
        """Report that the source has too many tokens."""
        message = f"with its macros expanded, the source has more than {limits.TOKENS:,} words and signs here"
        self._mistakes.add(message, place, "write loops and functions instead")
        return EnoughMistakes()

    def _bound(self, characters: int, place: Place) -> None:
        if characters > limits.WORD:
            message = f"a word of more than {limits.WORD:,} characters is made by macros here"
            self._mistakes.add(message, place, "use shorter names")
            raise EnoughMistakes

    def _call(self, macro: Macro, name: Token, left: list[Token]) -> list[Token]:
        """Take a macro's arguments off the tokens left, and return what replaces the call."""
        taken = _take_arguments(macro, left)
        if taken is None:
            self._mistakes.add(f"the call of macro '{macro.name}' has no closing ')'", name.place)
            return []
        arguments, closing = taken
        wanted = len(macro.parameters or ())
        if wanted == 0 and arguments == [[]]:
            arguments = []
        if macro.variadic and len(arguments) == wanted - 1:
            arguments.append([])
        if len(arguments) != wanted:
            plural = "" if wanted == 1 else "s"
            message = f"macro '{macro.name}' takes {wanted} argument{plural}; got {len(arguments)}"
            self._mistakes.add(message, name.place)
            return [Token(NUMBER, "0", name.place)]
        return self._replacement(macro, arguments, name.place, name.hidden & closing.hidden | {macro.name})

    def _replacement(
        self, macro: Macro, arguments: list[list[Token]], place: Place, hidden: frozenset[str]
    ) -> list[Token]:
        if macro.simple:
            return [Token(token.kind, token.text, place, token.spaced, hidden) for token, _, _, _ in macro.parts]
        result: list[Token] = []
        expanded: dict[int, list[Token]] = {}
        for part in macro.parts:
            token, role, parameter, pasted = part
            if role == _PLAIN:
                word = Token(token.kind, token.text, place, token.spaced, hidden)
                if not pasted:
                    result.append(word)
                    continue
                piece = [word]
            elif role == _QUOTED:
                self._bound(sum(len(each.text) for each in arguments[parameter]), place)
                piece = [Token(STRING, _quote(arguments[parameter]), place, token.spaced)]
            elif role == _RAW:
                # An empty token keeps "##" from joining the token before it.
                piece = _hide(arguments[parameter], hidden) or [Token(PUNCTUATOR, "", place)]
            else:
                if parameter not in expanded:
                    expanded[parameter] = self._argument(arguments[parameter], place)
                piece = _hide(expanded[parameter], hidden)
            if pasted and result:
                is_rest = macro.variadic and parameter == len(macro.parameters or ()) - 1
                piece = self._paste(result.pop(), piece, is_rest)
            result.extend(piece)
        return [token for token in result if token.text]

    def _argument(self, tokens: list[Token], place: Place) -> list[Token]:
        """Return an argument with all macros replaced; each level of calls within calls reads it once more."""
        self._depth += 1
        try:
            if self._depth <= limits.DEPTH:
                return self.expand(tokens)
        except RecursionError:  # the caller's stack is deep, too
            pass
        finally:
            self._depth -= 1
        self._mistakes.add("macros are nested too deeply here", place, "define names for parts of it")
        raise EnoughMistakes

    def _paste(self, left: Token, right: list[Token], right_is_rest: bool) -> list[Token]:
        if right_is_rest and left.text == ",":  # `, ## __VA_ARGS__` drops the comma where there are no arguments
            return [left, *right] if right[0].text else []
        text = left.text + right[0].text
        self._bound(len(text), left.place)
        kind = kind_of(text) if text else PUNCTUATOR
        if kind is None:
            self._mistakes.add(f"'{left.text}' ## '{right[0].text}' does not make one word", left.place)
            return right
        return [Token(kind, text, left.place, left.spaced, left.hidden | right[0].hidden), *right[1:]]


def _take_arguments(macro: Macro, left: list[Token]) -> tuple[list[list[Token]], Token] | None:
    rest = len(macro.parameters or ()) if macro.variadic else 0
    arguments: list[list[Token]] = [[]]
    left.pop()
    depth = 0
    while left:
        token = left.pop()
        text = token.text
        if text == ")" and depth == 0:
            return arguments, token
        if text == "," and depth == 0 and len(arguments) != rest:
            arguments.append([])
            continue
        depth += (text == "(") - (text == ")")
        arguments[-1].append(token)
    return None


def _hide(tokens: list[Token], hidden: frozenset[str]) -> list[Token]:
    return [
        Token(token.kind, token.text, token.place, token.spaced, token.hidden | hidden if token.hidden else hidden)
        for token in tokens
    ]


def spell(tokens: list[Token]) -> str:
    """Return tokens as text, with one space where there was white space."""
    return "".join(" " * token.spaced + token.text for token in tokens).strip()


def _quote(tokens: list[Token]) -> str:
    return '"' + spell(tokens).replace("\\", "\\\\").replace('"', '\\"') + '"'
