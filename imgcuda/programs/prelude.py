"""The prelude of a kernel: for each text, the functions of `prelude.cuh` that it may call."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

PRELUDE = "prelude.cuh"
"""Its file."""

_FUNCTION = re.compile(r"^(?P<head>__device__ [^\n{]*?(?P<name>\w+)\([^\n]*\))(?P<body>\n\{\n.*?^\}\n)", re.M | re.S)


def prelude_for(text: str) -> str:
    """Return the prelude for a kernel's text; functions that the text does not name are declared without a body.

    So a compiler spends no time on functions that are not used. Lines keep their numbers.
    """
    whole = _whole()
    if "##" in text:  # the preprocessor may then make names that the text does not have
        return whole
    wanted = _named(text)
    return _FUNCTION.sub(lambda m: m[0] if m["name"] in wanted else f"{m['head']};{_blank(m['body'])}", whole)


def _named(text: str) -> set[str]:
    """Return the functions that a text names, and all that these call, directly or not."""
    functions = _functions()
    wanted: set[str] = set()
    found = {name for name in functions if name in text}
    while found:
        wanted |= found
        bodies = "".join(functions[name] for name in found)
        found = {name for name in functions if name in bodies} - wanted
    return wanted


def _blank(body: str) -> str:
    return "\n" * body.count("\n")


@cache
def _functions() -> dict[str, str]:
    """Return the body of each function by its name."""
    return {match["name"]: match["body"] for match in _FUNCTION.finditer(_whole())}


@cache
def _whole() -> str:
    return Path(__file__).with_name(PRELUDE).read_text(encoding="utf-8")
