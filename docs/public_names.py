"""Hold what README, the docs, the examples and the templates use of imgcuda against what api.md lists."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import reference

import imgcuda

ROOT = Path(__file__).parents[1]

_CODE = re.compile(r"^```(?:python|py)\n(.*?)^```|`([^`\n]+)`", re.DOTALL | re.MULTILINE)
_IMPORT = re.compile(r"^\s*from (imgcuda(?:\.\w+)*) import (\([^)]*\)|[^\n#]*)", re.MULTILINE)
_ATTRIBUTE = re.compile(r"(?<![\w./])imgcuda((?:\.[A-Za-z_]\w*)+)")


def listed() -> set[str]:
    """Return the public names in full: `imgcuda.Filter`, `imgcuda.testing.contract`, and the module of functions."""
    modules = {imgcuda: imgcuda.__all__, **reference.MODULES}
    return {"imgcuda.functions", *(f"{module.__name__}.{name}" for module, names in modules.items() for name in names)}


def used(code: str) -> set[str]:
    """Return the names of imgcuda that some Python uses, in full."""
    found = set()
    for module, names in _IMPORT.findall(code):
        found |= {f"{module}.{name.split()[0]}" for name in names.strip("() \n").split(",") if name.split()}
    return found | {f"imgcuda{path}" for path in _ATTRIBUTE.findall(_IMPORT.sub("", code))}


def private(code: str) -> list[str]:
    """Return the names that some Python uses of imgcuda and that api.md does not list."""
    public = listed()
    modules = {name.rpartition(".")[0] for name in public}
    return sorted(name for name in used(code) - modules if not _within(name, public))


def _within(name: str, public: set[str]) -> bool:
    """Return whether a name is public, or an attribute of what is."""
    return any(name == each or name.startswith(f"{each}.") for each in public)


def python_of(page: str) -> str:
    """Return the Python of a page in Markdown: its blocks, and what stands between backquotes, a line each."""
    return "\n".join(block or inline for block, inline in _CODE.findall(page))


def texts() -> Iterator[tuple[str, str]]:
    """Return the files that readers copy from, by name, with their Python."""
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    templates = ROOT / "imgcuda" / "cli" / "templates"
    for path in pages:
        yield path.relative_to(ROOT).as_posix(), python_of(path.read_text("utf-8"))
    for path in [*sorted((ROOT / "examples").rglob("*.py")), *sorted(templates.rglob("*.py.txt"))]:
        yield path.relative_to(ROOT).as_posix(), path.read_text("utf-8")


def wrong() -> list[str]:
    """Return what is used and not public, a sentence each."""
    return [
        f"{name} uses {each}, which api.md does not list: make it public, or use another"
        for name, code in texts()
        for each in private(code)
    ]
