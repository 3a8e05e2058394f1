"""The mistakes found in one source: collected, each shown with the author's own line, then raised together."""

from __future__ import annotations

from collections.abc import Iterable

from imgcuda.errors import KernelError, Mistake, PortabilityError
from imgcuda.frontend.headers import header_of, passed_over
from imgcuda.frontend.source_lines import source_line
from imgcuda.frontend.syntax import Place


class EnoughMistakes(Exception):
    """Raised to stop looking for more mistakes."""


class Mistakes:
    """Collects a source's mistakes: at most one per line, since a second is mostly a consequence of the first."""

    LIMIT = 10

    def __init__(self, text: str, file: str) -> None:
        self._text = text
        self._file = file
        self._found: dict[tuple[str, int], Mistake] = {}
        self._portable: set[tuple[str, int]] = set()
        """The places of the mistakes that are good CUDA C++."""
        self._unread: dict[str, Mistake] = {}
        """The forgotten mistakes in declarations, by the names that are declared there."""
        self.passed_over: list[str] = []
        """The headers that the text includes and that are not known; what they declare may be missing."""

    def add(self, message: str, place: Place, remedy: str = "", *, portable: bool = False) -> None:
        """Note a mistake; `portable` says that it is good CUDA C++ that only the CPU engine refuses."""
        key = place.file, place.line
        if key in self._found:
            return
        text = self.source_line(place)
        self._found[key] = Mistake(message, place.file, place.line, place.column, text, remedy)
        if portable:
            self._portable.add(key)
        if len(self._found) >= self.LIMIT:
            raise EnoughMistakes

    @property
    def count(self) -> int:
        """The number of mistakes found so far."""
        return len(self._found)

    def forgotten(self, before: int, names: Iterable[str]) -> bool:
        """Forget all mistakes but the first `before`, if all of them are good CUDA C++; return whether they are.

        They are in a declaration of `names`, and are told where one of these is used.
        """
        new = list(self._found)[before:]
        if not new or not self._portable.issuperset(new):
            return False
        self._unread.update(dict.fromkeys(names, self._found[new[0]]))
        for key in new:
            del self._found[key]
        return True

    def missing(self, name: str, similar: str = "") -> str:
        """Return a remedy for a name that is not declared, unless another is similar: the header that may have it."""
        if mistake := self._unread.get(name):
            why = f"{mistake.message}; {mistake.remedy}" if mistake.remedy else mistake.message
            return f"its declaration in line {mistake.line} is not read: {why}"
        if header := header_of(name):
            return header
        return "" if similar else passed_over(self.passed_over)

    def follow(self, earlier: Mistakes) -> None:
        """Take over the forgotten mistakes and unknown headers of an earlier step."""
        self._unread, self.passed_over = earlier._unread, earlier.passed_over

    def source_line(self, place: Place) -> str:
        """Return the line at a place, as the author wrote it."""
        return source_line(self._text, self._file, place.file, place.line)

    def added_to(self, error: KernelError) -> KernelError:
        """Return an error with these mistakes behind its own, except on lines that it reports already.

        Where both found one at the same place, `_better` chooses.
        """
        said = {(mistake.file, mistake.line) for mistake in error.mistakes}
        rest = [mistake for place, mistake in self._found.items() if place not in said]
        if not self._found:
            return error
        return KernelError(_once([*(self._better(mistake) for mistake in error.mistakes), *rest]))

    def _better(self, mistake: Mistake) -> Mistake:
        """Return the mistake that this object has at the same place, if it says more; else the given one."""
        own = self._found.get((mistake.file, mistake.line))
        if own is None or own.column != mistake.column:
            return mistake
        unknown = mistake.message.startswith("there is no function")
        same = own.message.replace("const ", "") == mistake.message.replace("const ", "")
        return own if own.remedy and (unknown or same) else mistake

    def raise_if_any(self) -> None:
        """Raise the mistakes, if there are any: as PortabilityError if all are valid CUDA C++, else as KernelError."""
        if self._found:
            raise (PortabilityError if self._portable.issuperset(self._found) else KernelError)(
                _once(self._found.values())
            )


def _once(mistakes: Iterable[Mistake]) -> list[Mistake]:
    """Return mistakes without further ones about a name that is not known, which would all be cured by one change."""
    made: dict[object, Mistake] = {}
    for each in mistakes:
        about_a_name = each.message.startswith(_UNKNOWN) or any(end in each.message for end in _MISSING)
        made.setdefault((each.message, each.file) if about_a_name else each, each)
    return list(made.values())


_UNKNOWN = ("unknown type '", "there is no function '")
"""How messages about names that are not declared begin."""
_MISSING = ("' is not declared", "' is no namespace here")
"""The words behind the name in other messages about names that are not declared."""
