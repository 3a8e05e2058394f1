"""Finds a line of a program by the file and number that its `#line` directives give it."""

from __future__ import annotations

import re

_LINE = re.compile(r'[ \t]*#[ \t]*(?:line[ \t]+)?(\d+)(?:[ \t]+"([^"]*)")?')


def source_line(text: str, name: str, file: str, number: int) -> str:
    """Return the line of a text called `name` that has this number in this file, by its `#line`s; empty if none has."""
    found, here, at = "", name, 0
    for line in text.removeprefix("\ufeff").split("\n"):  # as compilers count: a form feed ends no line
        at += 1
        if (here, at) == (file, number):
            # The last one wins: text that was put before the author's may count its lines in the author's file.
            found = line.rstrip("\r")
        if marked := _LINE.match(line):
            at, here = int(marked[1]) - 1, marked[2] or here
    return found
