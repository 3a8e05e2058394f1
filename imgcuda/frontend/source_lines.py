"""Finds a line of a program by the file and number that its `#line` directives give it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

_LINE = re.compile(r'[ \t]*#[ \t]*(?:line[ \t]+)?(\d+)(?:[ \t]+"([^"]*)")?')


def source_line(text: str, name: str, file: str, number: int) -> str:
    """Return the line with this number in `file`, by the `#line`s of a text called `name`; empty if there is none."""
    found = ""
    lines = text.removeprefix("\ufeff").split("\n")  # compilers count only these: a form feed does not end a line
    for line, place in zip(lines, numbered_lines(lines, name), strict=True):
        if place == (file, number):
            # If several lines match, the last is right: text put before the author's may be numbered in its file, too.
            found = line.rstrip("\r")
    return found


def numbered_lines(lines: Iterable[str], name: str) -> Iterator[tuple[str, int]]:
    """Yield the file and number of each line of a text called `name`, by its `#line`s."""
    here, at = name, 0
    for line in lines:
        at += 1
        yield here, at
        if marked := _LINE.match(line):
            at, here = int(marked[1]) - 1, marked[2] or here
