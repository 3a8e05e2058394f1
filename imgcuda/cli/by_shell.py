"""Runs the command for a shell that completes words, and adapts Typer's input and output to the shell.

Bash splits words at colons and equals signs, and replaces only what follows the last of them. So `blur:sigma=3` reaches
Typer as one word again, and the offers leave it without what stands before.
"""

from __future__ import annotations

import io
import os
import re
import sys
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import Any, cast

VARIABLE = "_IMGCUDA_COMPLETE"
"""The variable that the shell's completion function sets: complete_bash, complete_zsh, complete_fish ..."""

_BREAKS = re.compile(r"[:=]+")
_UP_TO_BREAK = re.compile(r".*[:=]", re.DOTALL)


@contextmanager
def for_shell() -> Iterator[None]:
    """Within the block, let the command answer a shell that completes words; do nothing if no shell asks."""
    if not os.environ.get(VARIABLE, "").startswith("complete_"):
        yield
        return
    cast(MutableMapping[str, Any], sys.modules).setdefault("rich", None)  # whose import takes longer than all the rest
    said = io.StringIO()  # an error would be printed into the line that the user edits
    with redirect_stderr(said):
        if os.environ[VARIABLE] != "complete_bash":
            yield
            return
        with redirect_stdout(io.StringIO()) as offers:
            hidden = _joined()
            yield
    lines = offers.getvalue().splitlines()
    print("\n".join(line.removeprefix(hidden) for line in lines))


def _joined() -> str:
    """Join words that Bash has split, in the variables that Typer reads; return the prefix to remove from offers."""
    words = os.environ.get("COMP_WORDS", "").split("\n")
    if len(words) == 1:  # not from Bash
        return ""
    number = int(os.environ.get("COMP_CWORD", 0))
    made, is_open = list[str](), False
    for word in words[: number + 1]:
        joins = made and word and (is_open or _BREAKS.fullmatch(word))
        made[-1:] = [made[-1] + word] if joins else [*made[-1:], word]
        is_open = bool(_BREAKS.fullmatch(word))
    os.environ["COMP_WORDS"] = "\n".join(made)
    os.environ["COMP_CWORD"] = str(len(made) - 1)
    found = _UP_TO_BREAK.match(made[-1])
    return found[0] if found and not made[-1].startswith(("--", '"', "'")) else ""  # in quotes nothing is split
