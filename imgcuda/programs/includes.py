"""`#include "file"` in a kernel file: the text of that file, which stands beside it, in place of the line."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

_INCLUDE = re.compile(
    r'/\*.*?\*/|//[^\n]*|^[ \t]*#[ \t]*include[ \t]*"(?P<file>[^"\n]+)"[^\n]*', re.DOTALL | re.MULTILINE
)
"""A comment, in which nothing is included, or an include."""


def with_includes(path: Path, read: Callable[[Path], str]) -> str:
    """Return a file's text and, in place of its includes, that of the files it includes; each file once.

    `#line` marks each, so that a compiler's messages name the file that a line is from. An include of what is not
    beside the file stays as it is: the compilers know CUDA's own headers.
    """
    return _expanded(path, read, set())


def _expanded(path: Path, read: Callable[[Path], str], seen: set[Path]) -> str:
    text = read(path)
    seen.add(path.resolve())

    def put(match: re.Match[str]) -> str:
        file = path.parent / (match["file"] or "")
        if match["file"] is None or not file.is_file():
            return match[0]
        if file.resolve() in seen:
            return ""
        following = text.count("\n", 0, match.end()) + 2
        return f'#line 1 "{file.name}"\n{_expanded(file, read, seen)}\n#line {following} "{path.name}"'

    return _INCLUDE.sub(put, text)
