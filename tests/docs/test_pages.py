"""Follows the pages with commands: writes their files, runs their commands, and compares what these print."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support.matrix import exhaustive

if TYPE_CHECKING:
    from support.environment import Environment

DOCS = Path(__file__).parents[2] / "docs"

_PIECE = re.compile(
    r"^`(?P<file>[\w/-]+\.(?:py|cu|toml))`[^\n]*(?:\n(?!```)[^\n]*)*?\n```\w+\n(?P<text>.*?)^```|^```console\n(?P<console>.*?)^```",
    re.DOTALL | re.MULTILINE,
)
_TYPED = re.compile(r"^\$ ([^\n]*)\n(.*?)(?=^\$ |\Z)", re.DOTALL | re.MULTILINE)
"""A file, whose name begins a paragraph in front of a block; or what is typed and printed."""


@pytest.mark.skipif(shutil.which("bash") is None, reason="the pages' commands are for bash")
@pytest.mark.parametrize(
    "page", ["batch.md", *map(exhaustive, ("tutorial.md", "how-to.md", "recipes.md", "arrays.md"))]
)
def test_a_page_may_be_followed_to_the_letter(page: str, environment: Environment, tmp_path: Path) -> None:
    here = tmp_path
    for piece in _PIECE.finditer((DOCS / page).read_text("utf-8")):
        if piece["file"]:
            (here / piece["file"]).parent.mkdir(parents=True, exist_ok=True)
            (here / piece["file"]).write_text(piece["text"], "utf-8")
            continue
        for typed, expected in _TYPED.findall(piece["console"]):
            if typed.startswith("cd "):
                here = (here / typed[3:]).resolve()
                continue
            run = subprocess.run(
                ["bash", "-c", typed], cwd=here, env=environment.variables, capture_output=True, text=True
            )
            _compare(typed, run.stdout + run.stderr, expected)


def _compare(typed: str, printed: str, expected: str) -> None:
    """Hold what is printed against the page, where `...` stands for anything."""
    pattern = re.escape(expected.strip()).replace(r"\.\.\.", ".*")
    assert re.fullmatch(pattern, printed.strip(), re.DOTALL), f"$ {typed}\n{printed}\ninstead of\n{expected}"
