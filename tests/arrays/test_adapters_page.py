"""The programs of docs/adapters.md, each run as a program of its own, print what the page says."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from imgcuda import devices

PAGE = (Path(__file__).parents[2] / "docs" / "adapters.md").read_text("utf-8")
PROGRAM = re.compile(
    r"^`(?P<name>\w+\.py)`:\n\n```python\n(?P<code>.*?)^```\n\n```console\n\$ python (?P=name)\n(?P<printed>.*?)^```",
    re.DOTALL | re.MULTILINE,
)
PROGRAMS = [pytest.param(*found, id=found[0]) for found in PROGRAM.findall(PAGE)]


def imported(code: str) -> set[str]:
    """Return the packages that a program imports."""
    nodes = list(ast.walk(ast.parse(code)))
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    return {name.partition(".")[0] for name in names}


@pytest.mark.parametrize(("name", "code", "printed"), PROGRAMS)
def test_a_program_of_the_page_prints_what_it_says(name: str, code: str, printed: str, tmp_path: Path) -> None:
    for package in sorted(imported(code)):
        pytest.importorskip(package, exc_type=ImportError)
    if "cupy" in code and devices.no_gpu():
        pytest.skip("no GPU")
    (tmp_path / name).write_text(code, "utf-8")
    environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
    done = subprocess.run([sys.executable, name], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, printed), done.stderr


def test_every_block_of_the_page_is_a_program() -> None:
    assert PAGE.count("```python\n") == len(PROGRAMS) >= 7
