"""The structure of the code, read from its imports: a drawing of the packages, and the circles among the modules.

python docs/structure.py        prints each circle of modules, and what leads round it; nothing if there is none
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]

Graph = Mapping[str, frozenset[str]]
"""For each module, or package, those that it imports."""

SANCTIONED = ("imgcuda.filters", "imgcuda.pipeline")
"""The one import against the order: `Blur(sigma=3)(array)` is a pipeline of one filter, made when it is called."""


class Import(NamedTuple):
    """One name that a module imports."""

    module: str
    """The module that imports it: `imgcuda.cpu.device`."""
    target: str
    """What is imported, in full: `imgcuda.errors.ImgcudaError`, `pycuda.driver`."""
    at_top: bool
    """Whether it happens as the module is imported: not in a function, and not for the type checker only."""
    typing_only: bool
    """Whether only a type checker sees it."""
    line: int

    @property
    def package(self) -> str:
        """The first part of what is imported."""
        return self.target.partition(".")[0]


def module_name(path: Path, root: Path, package: str) -> str:
    """Return the dotted name of a file below `root`, the folder of a package."""
    parts = [part for part in path.relative_to(root).with_suffix("").parts if part != "__init__"]
    return ".".join([package, *parts])


@cache
def imports(path: Path, root: Path, package: str) -> tuple[Import, ...]:
    """Return all that a file imports."""
    module = module_name(path, root, package)

    def walk(node: ast.AST, at_top: bool, typing_only: bool) -> Iterator[Import]:
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}:{node.lineno}: write the whole name"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        for name in names:
            yield Import(module, name, at_top and not typing_only, typing_only, node.lineno)  # type: ignore[attr-defined]
        deferred = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        checker = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for child in ast.iter_child_nodes(node):
            yield from walk(child, at_top and not deferred, typing_only or checker)

    return tuple(walk(ast.parse(path.read_text(encoding="utf-8")), True, False))


@cache
def module_graph() -> Graph:
    """Return which module of the core imports which, in functions too; imports for the type checker are left out."""
    root = ROOT / "imgcuda"
    paths = {module_name(path, root, "imgcuda"): path for path in sorted(root.rglob("*.py"))}

    def module_of(target: str) -> str:
        while target not in paths:
            target = target.rpartition(".")[0]
        return target

    found: dict[str, frozenset[str]] = {}
    for module, path in paths.items():
        ours = [each for each in imports(path, root, "imgcuda") if each.package == "imgcuda" and not each.typing_only]
        targets = {module_of(each.target) for each in ours} - {module}
        found[module] = frozenset(target for target in targets if (module, target) != SANCTIONED)
    return found


def reachable(graph: Graph, start: str) -> set[str]:
    """Return what a module imports, and what that imports, and so on."""
    found: set[str] = set()
    pending = [start]
    while pending:
        coming = graph[pending.pop()] - found
        found |= coming
        pending += coming
    return found


def circles(graph: Graph) -> list[list[str]]:
    """Return the groups of modules of which each needs every other, largest first."""
    reached = {module: reachable(graph, module) for module in graph}
    groups = {frozenset(other for other in reached[module] if module in reached[other]) for module in graph}
    return sorted((sorted(group) for group in groups if len(group) > 1), key=len, reverse=True)


# The drawing


def package_of(module: str) -> str:
    """Return the box of the drawing that a module is in: a package of the core, or a module at its root."""
    return ".".join(module.split(".")[:2])


def package_graph() -> Graph:
    """Return which package imports which, without what follows from other imports."""
    full: dict[str, set[str]] = {}
    for module, targets in module_graph().items():
        own = package_of(module)
        full.setdefault(own, set()).update(package_of(target) for target in targets)
    full = {own: {target for target in targets if target not in (own, "imgcuda")} for own, targets in full.items()}
    whole = {own: frozenset(targets) for own, targets in full.items() if own != "imgcuda"}
    return {own: targets - _indirect(whole, targets) for own, targets in whole.items()}


def _indirect(graph: Graph, targets: frozenset[str]) -> frozenset[str]:
    """Return those of some packages that others of them import."""
    return frozenset(other for target in targets for other in reachable(graph, target)) & targets


def drawing() -> str:
    """Return the packages as a Mermaid flowchart, in which an arrow means "imports"."""
    lines = ["```mermaid", "flowchart TD"]
    graph = package_graph()
    for own in sorted(graph):
        short = own.removeprefix("imgcuda.")
        lines.append(f'    {short}["{short}"]')
    for own, targets in sorted(graph.items()):
        lines += [f"    {_short(own)} --> {_short(target)}" for target in sorted(targets)]
    return "\n".join([*lines, "```"]) + "\n"


def _short(name: str) -> str:
    return name.removeprefix("imgcuda.")


def summaries() -> str:
    """Return a table of the packages and root modules: what each is for, by the first line of its docstring."""
    lines = ["| where | what |", "|---|---|"]
    for own in sorted(package_graph()):
        path = ROOT.joinpath(*own.split("."))
        file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        shown = f"imgcuda/{_short(own)}" + ("/" if path.is_dir() else ".py")
        lines.append(f"| [`{shown}`](../{shown}) | {first_line(file)} |")
    return "\n".join(lines) + "\n"


def first_line(file: Path) -> str:
    """Return the first line of a module's docstring."""
    return (ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or "").partition("\n")[0]


def main() -> int:
    """Print each circle of modules; return how many there are."""
    graph = module_graph()
    found = circles(graph)
    for number, circle in enumerate(found, 1):
        print(f"circle {number}, {len(circle)} modules:")
        for module in circle:
            print(f"    {module} imports {', '.join(sorted(graph[module] & set(circle)))}")
    return len(found)


if __name__ == "__main__":
    sys.exit(main())
