"""Expands `#include "file"` in a kernel file: the text of that file, from the same folder, replaces the line."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

_INCLUDE = re.compile(
    r'/\*.*?\*/|//[^\n]*|^[ \t]*#[ \t]*include[ \t]*"(?P<file>[^"\n]+)"[^\n]*', re.DOTALL | re.MULTILINE
)
"""A comment, which is skipped, or an include."""


def with_includes(path: Path, read: Callable[[Path], str]) -> str:
    """Return a file's text with its includes replaced by the files' texts, each file once.

    `#line` marks each, so that a compiler's messages name the right file and line. An include of a file that is not in
    the folder is left as it is, since the compilers know CUDA's own headers.
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
