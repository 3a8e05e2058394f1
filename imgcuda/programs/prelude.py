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
    full = _full_text()
    if "##" in text:  # the preprocessor may then make names that the text does not have
        return full
    wanted = _functions_needed(text)
    return _FUNCTION.sub(lambda m: m[0] if m["name"] in wanted else f"{m['head']};{_line_ends(m['body'])}", full)


def _functions_needed(text: str) -> set[str]:
    """Return the functions that a text names, and all that these call, directly or not."""
    functions = _functions()
    wanted: set[str] = set()
    found = {name for name in functions if name in text}
    while found:
        wanted |= found
        bodies = "".join(functions[name] for name in found)
        found = {name for name in functions if name in bodies} - wanted
    return wanted


def _line_ends(body: str) -> str:
    return "\n" * body.count("\n")


@cache
def _functions() -> dict[str, str]:
    """Return the body of each function by its name."""
    return {match["name"]: match["body"] for match in _FUNCTION.finditer(_full_text())}


@cache
def _full_text() -> str:
    return Path(__file__).with_name(PRELUDE).read_text(encoding="utf-8")
