"""How the modules may know each other: read from the syntax trees, so that nothing has to be imported."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
CORE = sorted((ROOT / "imgcuda").rglob("*.py"))
PLUGINS = sorted((ROOT / "plugins").glob("*.py"))

ORDER = [
    {"starting", "ownfolder"},  # how the process begins; the user's own folders
    {"errors", "launch"},  # words and arithmetic: they know nothing of ours
    {"containment"},  # somebody else's code, in bounds
    {"kernels", "strips", "parameters"},  # text that both engines compile; where an image is cut; what a field declares
    {"arrays"},  # what an image is
    {"diskcache", "engine", "memory"},  # where machine code is kept; the verbs of an engine; how much it may take
    {"cubin", "cuda_host", "cuda_memory"},  # a kernel to machine code for a GPU; its memory, and the host's for it
    {"cuda_context", "cuda_copies"},  # contexts and kernels, for as long as the process; the ways there and back
    {"cuda", "cpu"},  # the two engines, which do not know each other
    {"devices", "parameter_text"},  # which engines there are; what is typed, and files that it names
    {"filters", "hookspecs", "values"},  # what a filter declares; what a plugin implements; matrices and pictures
    {"gpu"},  # what a filter is given
    {"point", "alpha", "plan"},  # kernels that the core writes around filters; what each makes of a strip
    {"running", "guarded"},  # filters in a row over an image on a device; a device watched from outside
    {"host_to_host"},  # an image's way there and back
    {"switches"},  # what a user has switched off
    {"pipeline", "plugins"},  # filters in a row; filters that are installed
    {"images", "contract"},  # files; what every filter promises
    {"testing", "pytest_plugin"},  # for the tests of filters
    {"imgcuda"},  # the public names
    {"cli"},  # the program
    {"__main__"},
]
"""A module may import, as it is imported itself, those of earlier lines, and those of its own package.

So no two need each other to be imported, what is below can be read and tested without what is above, and an engine
can be taken out or added without a filter noticing.
"""

GPU = {"cubin", "cuda", "cuda_context", "cuda_copies", "cuda_host", "cuda_memory"}
"""The modules of the GPU engine."""

UPWARD = {
    ("filters", "gpu"): "a type in a signature",
    ("hookspecs", "filters"): "a type in a signature",
    ("gpu", "running"): "a filter may apply another one",
    ("values", "images"): "a picture is read when its file is named",
    ("filters", "pipeline"): "Blur(sigma=3)(array) is a pipeline of one, made when it is called",
}
"""What is imported later than the order has it, and why: for the type checker only, or inside a function."""

FOREIGN = {
    "pycuda": {"cuda", "cuda_context", "cuda_copies", "cuda_host", "cuda_memory"},
    "llvmlite": {"cpu.compile", "cpu.loading"},
    "cuda": {"cubin"},
    "platformdirs": {"ownfolder"},
    "pluggy": {"hookspecs", "plugins"},
    "PIL": {
        *("images.beside", "images.deep", "images.gif", "images.gif_reader", "images.jpeg_reader", "images.metadata"),
        *("images.modes", "images.reading", "images.tiff_codecs", "images.tiff_colors"),
        *("images.png_chunks", "images.png_reader", "images.sentences", "images.writing"),
    },
    "simplejpeg": {"images.jpeg_reader"},
    "pytest": {"pytest_plugin", "testing"},
    "typer": {
        "cli",
        "cli.app",
        "cli.commands",
        "cli.filtering",
        "cli.new_filter",
        "cli.options",
        "cli.trying",
    },
}
"""What the core uses beside NumPy and the standard library, and the only modules that know it."""


class Import(NamedTuple):
    """One name that a module imports."""

    module: str
    """Where it stands: `cuda`, `cpu.device`."""
    target: str
    """What is imported, in full: `imgcuda.errors.ImgcudaError`, `pycuda.driver`."""
    at_top: bool
    """Whether it happens as the module is imported: not in a function, and not for the type checker only."""
    line: int

    @property
    def package(self) -> str:
        return self.target.partition(".")[0]


def imports(path: Path, root: Path) -> Iterator[Import]:
    """Return all that a file imports."""
    parts = [part for part in path.relative_to(root).with_suffix("").parts if part != "__init__"]
    module = ".".join(parts) or root.name

    def walk(node: ast.AST, at_top: bool) -> Iterator[Import]:
        if isinstance(node, ast.Import):
            yield from (Import(module, alias.name, at_top, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}:{node.lineno}: write the whole name"
            yield from (Import(module, f"{node.module}.{alias.name}", at_top, node.lineno) for alias in node.names)
        later = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        later = later or (isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test))
        for child in ast.iter_child_nodes(node):
            yield from walk(child, at_top and not later)

    return walk(ast.parse(path.read_text(encoding="utf-8")), at_top=True)


def own(target: str) -> str:
    """Return which of our modules, or packages, an import names: `imgcuda.cpu.values.types.INT` is of `cpu`."""
    inner = [*target.split(".")[1:], ""][0]
    return inner if any(inner in line for line in ORDER) else "imgcuda"


def rank(name: str) -> int:
    return next(number for number, line in enumerate(ORDER) if name in line)


ALL = [found for path in CORE for found in imports(path, ROOT / "imgcuda")]
OURS = [found for found in ALL if found.package == "imgcuda"]
BY_PLUGINS = [found for path in PLUGINS for found in imports(path, ROOT / "plugins")]


def test_every_module_has_its_place_in_the_order() -> None:
    modules = {path.relative_to(ROOT / "imgcuda").parts[0].removesuffix(".py") for path in CORE}
    assert {name.replace("__init__", "imgcuda") for name in modules} == set().union(*ORDER)


def test_imports_run_one_way() -> None:
    for found in OURS:
        module, target = found.module.partition(".")[0], own(found.target)
        if found.at_top and module != target:
            assert rank(target) < rank(module), f"{found.module}.py:{found.line} imports {target}, which comes later"


def test_what_is_imported_upward_is_in_the_table_and_the_table_has_no_more() -> None:
    upward = {(found.module.partition(".")[0], own(found.target)) for found in OURS if not found.at_top}
    upward = {(module, target) for module, target in upward if module != target and rank(target) >= rank(module)}
    assert upward == set(UPWARD)


def test_the_engines_do_not_know_each_other() -> None:
    for found in OURS:
        names = {found.module.partition(".")[0], own(found.target)}
        assert not ("cpu" in names and names & GPU), f"{found.module}.py:{found.line}"


@pytest.mark.parametrize("path", CORE, ids=lambda path: str(path.relative_to(ROOT / "imgcuda")))
def test_the_core_names_no_built_in_filter(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert "imgcuda_plugins" not in text
    tree = ast.parse(text)
    for node in ast.walk(tree):
        assert not (
            isinstance(node, ast.Name | ast.Attribute) and ast.unparse(node).endswith(("Blur", "Edges", "Grayscale"))
        )


def test_each_foreign_package_is_known_to_its_own_modules_only() -> None:
    free = {*sys.stdlib_module_names, "numpy", "imgcuda"}
    for found in ALL:
        known = found.package in free or found.module in FOREIGN.get(found.package, set())
        assert known, f"{found.module}.py:{found.line} imports {found.target}"


def test_each_foreign_package_is_still_used_where_the_table_says() -> None:
    used = {(found.package, found.module) for found in ALL}
    assert {(package, module) for package, modules in FOREIGN.items() for module in modules} <= used


@pytest.mark.parametrize("package", ["pycuda", "llvmlite", "cuda"])
def test_engines_are_imported_inside_functions(package: str) -> None:
    # cpu/compile.py may import llvmlite at its top, as long as nothing imports it at the top.
    at_top = {found.module for found in ALL if found.package == package and found.at_top}
    assert at_top <= ({"cpu.compile"} if package == "llvmlite" else set())
    for found in OURS:
        assert not (found.at_top and found.target.startswith("imgcuda.cpu.compile")), f"{found.module}.py:{found.line}"


def test_nothing_but_the_cpu_package_knows_its_compiler() -> None:
    for found in OURS:
        if own(found.target) == "cpu" and not found.module.startswith("cpu"):
            assert found.target.startswith("imgcuda.cpu.device"), (
                f"{found.module}.py:{found.line} imports {found.target}"
            )


def test_plugins_know_the_public_names_only() -> None:
    text = (ROOT / "imgcuda" / "__init__.py").read_text(encoding="utf-8")
    (public,) = [
        ast.literal_eval(node.value)
        for node in ast.parse(text).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
    ]
    for found in BY_PLUGINS:
        if found.package == "imgcuda":
            assert found.target.removeprefix("imgcuda.") in public, (
                f"{found.module}.py:{found.line} imports {found.target}"
            )
        else:
            assert found.package in {*sys.stdlib_module_names, "numpy", "imgcuda_plugins"}, (
                f"{found.module}.py:{found.line} imports {found.target}"
            )


def test_plugins_build_on_each_others_filters_only_and_not_in_a_ring() -> None:
    known = {(found.module, found.target.split(".")[1]) for found in BY_PLUGINS if found.package == "imgcuda_plugins"}
    assert not {(target, module) for module, target in known} & known
    assert all(found.target.split(".")[-1][0].isupper() for found in BY_PLUGINS if found.package == "imgcuda_plugins")
