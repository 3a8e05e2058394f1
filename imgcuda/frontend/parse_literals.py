"""Reads number and character literals: their values and C types."""

from __future__ import annotations

import re
from functools import lru_cache

from imgcuda.frontend.limits import DIGITS

_INTEGER = re.compile(r"(0[xX][\da-fA-F]+|0[bB][01]+|0[0-7]*|[1-9]\d*)(|[uU](?:l|L|ll|LL)?|(?:l|L|ll|LL)[uU]?)")
_FLOAT = re.compile(r"((?:\d+\.\d*|\.\d+)(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+)([fFlL]?)")
_HEX_FLOAT = re.compile(r"(0[xX](?:[\da-fA-F]+\.?[\da-fA-F]*|\.[\da-fA-F]+)[pP][+-]?\d+)([fFlL]?)")
_CHARACTER = re.compile(r"'(?:([^\\])|\\(?:([0-7]{1,3})|x([\da-fA-F]+)|(.)))'")
_ESCAPES = {"n": 10, "t": 9, "r": 13, "0": 0, "a": 7, "b": 8, "f": 12, "v": 11, "\\": 92, "'": 39, '"': 34, "?": 63}
_LIMITS = {"int": 2**31, "unsigned int": 2**32, "long long": 2**63, "unsigned long long": 2**64}


class BadLiteral(Exception):
    """Raised for an invalid literal, with a message for its author."""


@lru_cache(maxsize=4096)
def number(text: str) -> tuple[int | float, str]:
    """Return the value and the type of a number like `0x8000u`, `1.5f` or `1e-3`."""
    plain = text.replace("'", "")
    if len(plain) > DIGITS:
        raise BadLiteral(f"a number of {len(plain):,} characters is more than any type holds")
    if match := _INTEGER.fullmatch(plain):
        return _integer(text, match[1], match[2].lower())
    if match := _FLOAT.fullmatch(plain):
        return float(match[1]), _float_type(match[2])
    if match := _HEX_FLOAT.fullmatch(plain):
        try:
            return float.fromhex(match[1]), _float_type(match[2])
        except OverflowError:
            raise BadLiteral(f"'{text}' is more than a double holds") from None
    raise BadLiteral(f"'{text}' is not a number")


def _float_type(suffix: str) -> str:
    return "float" if suffix in ("f", "F") else "double"


def _integer(text: str, digits: str, suffix: str) -> tuple[int, str]:
    octal = digits.isdecimal() and digits.startswith("0")
    value = int(digits, 8) if octal else int(digits, 0)
    decimal = digits.isdecimal() and not octal
    for name, limit in _LIMITS.items():
        unsigned = name.startswith("unsigned")
        too_short = "l" in suffix and not name.endswith("long")
        # As in C, a decimal number without "u" becomes unsigned only when nothing else holds it.
        wrong_sign = not unsigned if "u" in suffix else decimal and name == "unsigned int"
        if value < limit and not too_short and not wrong_sign:
            return value, name
    raise BadLiteral(f"'{text}' does not fit into 64 bits")


_PLAIN_STRING = re.compile(r'(?:u8)?"(.*)"', re.DOTALL)
_RAW_STRING = re.compile(r'(?:u8)?R"([^()]*)\((.*)\)\1"', re.DOTALL)
_ESCAPE = re.compile(r"\\(?:([0-7]{1,3})|x([\da-fA-F]+)|(.))", re.DOTALL)


def string(text: str) -> bytes:
    """Return the characters of a string literal, in UTF-8."""
    if raw := _RAW_STRING.fullmatch(text):
        return raw[2].encode()
    plain = _PLAIN_STRING.fullmatch(text)
    if plain is None:
        raise BadLiteral("a string of wide characters has no use in a kernel")
    made, end = b"", 0
    for match in _ESCAPE.finditer(plain[1]):
        octal, hexadecimal, escape = match.groups(default="")
        if escape and escape not in _ESCAPES:
            raise BadLiteral(f"'\\{escape}' is not a known escape")
        value = _ESCAPES[escape] if escape else int(octal, 8) if octal else int(hexadecimal, 16)
        made += plain[1][end : match.start()].encode() + bytes([value & 255])
        end = match.end()
    return made + plain[1][end:].encode()


@lru_cache(maxsize=256)
def character(text: str) -> int:
    """Return the value of a character literal, like `'a'` or `'\\n'`, as a signed char."""
    match = _CHARACTER.fullmatch(text)
    if match is None:
        raise BadLiteral(f"{text} is not one character")
    plain, octal, hexadecimal, escape = match.groups(default="")
    if escape and escape not in _ESCAPES:
        raise BadLiteral(f"'\\{escape}' is not a known escape")
    value = ord(plain) if plain else int(octal, 8) if octal else int(hexadecimal or "0", 16)
    value = _ESCAPES[escape] if escape else value
    if value > 255:
        raise BadLiteral(f"{text} does not fit into a char")
    return value - 256 if value > 127 else value
