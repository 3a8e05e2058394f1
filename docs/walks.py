"""Hold the walks of CONTRIBUTING.md against the code: each step, `file: function`, must exist."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]

_STEP = re.compile(r"`(?P<file>[\w./-]+\.(?:py|cu|cuh|txt)): (?P<name>\w+(?:\.\w+)?)`")


def steps(page: str) -> list[tuple[str, str]]:
    """Return the steps that a page names: a file and a function, a class or a method."""
    return [(found["file"], found["name"]) for found in _STEP.finditer(page)]


def wrong(page: str, root: Path = ROOT) -> list[str]:
    """Return which steps do not exist, a sentence each; one for a page without any."""
    found = steps(page)
    if not found:
        return ["CONTRIBUTING.md: there are no walks, written `file: function`"]
    return [f"CONTRIBUTING.md: {file} has no {name}" for file, name in found if name not in defined(root / file)]


@cache
def defined(path: Path) -> frozenset[str]:
    """Return what a file defines: functions, classes, values, `Class.method`; nothing if there is no file."""
    if not path.is_file():
        return frozenset()
    text = path.read_text("utf-8")
    if path.suffix != ".py":
        return frozenset(re.findall(r"\b(\w+)\s*\(", text))
    found = set()
    for node in ast.parse(text).body:
        found |= _names(node)
        if isinstance(node, ast.ClassDef):
            found |= {f"{node.name}.{name}" for member in node.body for name in _names(member)}
    return frozenset(found)


def _names(node: ast.stmt) -> set[str]:
    """Return the names that a statement defines."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return {target.id for target in targets if isinstance(target, ast.Name)}
