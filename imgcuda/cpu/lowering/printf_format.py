"""The format of a `printf` in a kernel: the conversions in it, and the arguments that they take."""

from __future__ import annotations

import re
from typing import NamedTuple

PRINTF = "printf"
_CONVERSION = re.compile(
    rb"%(?P<flags>[-+ #0]*)(?P<width>\*|\d*)(?P<precision>\.(?:\*|\d*))?(?P<length>hh|h|ll|l|L|z|j|t)?(?P<letter>.?)",
    re.DOTALL,
)
WHOLE, WIDE, REAL, TEXT, ADDRESS = "an int", "a long long", "a float or double", "a string", "a pointer"
"""The kinds of arguments that conversions take."""
_KINDS = {**dict.fromkeys("diouxXc", WHOLE), **dict.fromkeys("fFeEgGaA", REAL), "s": TEXT, "p": ADDRESS}


class Conversion(NamedTuple):
    """One argument of a printf: what it must be, and the conversion in the format that takes it."""

    kind: str
    written: str


class BadFormat(Exception):
    """Raised for a format that no printf takes, with a message and a remedy."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.message, self.remedy = message, remedy


def read_format(text: bytes) -> tuple[bytes, tuple[Conversion, ...]]:
    """Return a format in which `ll` is the length of all 64-bit numbers, on any system, and what its arguments must be.

    Raises BadFormat.
    """
    made, taken, end = b"", list[Conversion](), 0
    for match in _CONVERSION.finditer(text):
        made += text[end : match.start()]
        end = match.end()
        written, letter = match[0].decode("latin-1"), match["letter"].decode("latin-1")
        if written == "%%":
            made += b"%%"
            continue
        if letter not in _KINDS or letter == "":
            raise BadFormat(f"'{written}' in a printf() converts nothing", "write %% for a percent sign")
        long = _KINDS[letter] == WHOLE and letter != "c" and match["length"] in (b"l", b"ll", b"z", b"j", b"t")
        stars = (match["width"] == b"*") + (match["precision"] == b".*")
        taken += [Conversion(WHOLE, written)] * stars
        taken.append(Conversion(WIDE if long else _KINDS[letter], written))
        short = match["length"] if match["length"] in (b"h", b"hh") and _KINDS[letter] == WHOLE else b""
        made += b"%" + match["flags"] + match["width"] + (match["precision"] or b"")
        made += (b"ll" if long else short) + match["letter"]
    return made + text[end:], tuple(taken)
