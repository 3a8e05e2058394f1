"""Expands `#include "file"` in a kernel file: the text of that file replaces the line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

_INCLUDE = re.compile(
    r"""/\*.*?\*/|//[^\n]*|^[ \t]*#[ \t]*include[ \t]*(?:"(?P<file>[^"\n]+)"|<(?P<known>[^>\n]+)>)[^\n]*""",
    re.DOTALL | re.MULTILINE,
)
"""A comment, which is skipped, or an include."""


def with_includes(path: Path, read: Callable[[Path], str], folders: Sequence[Path] = ()) -> str:
    """Return a file's text with its includes replaced by the files' texts, each file once.

    As for compilers, `"file"` is looked for beside the file that includes it, then in the folders; `<file>` in the
    folders alone. `#line` marks each, so that a compiler's messages name the right file and line. An include of a file
    that is not there is left as it is, since the compilers know CUDA's own headers.
    """
    return _expanded(path, read, folders, set())


def _expanded(path: Path, read: Callable[[Path], str], folders: Sequence[Path], seen: set[Path]) -> str:
    text = read(path)
    seen.add(path.resolve())

    def put(match: re.Match[str]) -> str:
        file = next((each for each in _places(match, path, folders) if each.is_file()), None)
        if file is None:
            return match[0]
        if file.resolve() in seen:
            return ""
        following = text.count("\n", 0, match.end()) + 2
        return f'#line 1 "{file.name}"\n{_expanded(file, read, folders, seen)}\n#line {following} "{path.name}"'

    return _INCLUDE.sub(put, text)


def _places(match: re.Match[str], path: Path, folders: Sequence[Path]) -> Iterator[Path]:
    """Yield where an include in the file `path` may be; nothing for a comment."""
    if match["file"]:
        yield path.parent / match["file"]
    if name := match["file"] or match["known"]:
        yield from (folder / name for folder in folders)
