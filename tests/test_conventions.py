"""How the tests are written: their names, and what they may reach for."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
FILES = sorted(TESTS.rglob("*.py"))
LONGEST = 70
"""Letters of a test's name: it is read in a report, beside its file and its parameters."""
BRITISH = re.compile(r"colour|grey|neighbour|centre|behaviour|honour|favour|licence|catalogue|misspelt|alis(e|ation)")
PRIVATE = re.compile(r"\b(?!self\b|cls\b|os\b)\w+\._[a-z]\w*")
"""A private attribute in a program that a test runs elsewhere; os._exit is public."""
PATCHES = ("setattr", "delattr", "getattr", "patch")


def names_of_tests(tree: ast.AST) -> list[str]:
    """Return the names of a file's tests, with those that a function makes for it."""
    functions = [node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    made = [
        target.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    ]
    return [name for name in (*functions, *made) if name.startswith("test_")]


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def private_names(tree: ast.AST) -> Iterator[str]:
    """Return each private name of others that a file uses, with its line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and is_private(node.attr):
            if not (isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")):
                yield f"line {node.lineno}: {ast.unparse(node)}"
        elif isinstance(node, ast.ImportFrom):
            yield from (f"line {node.lineno}: {each.name}" for each in node.names if is_private(each.name))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in PATCHES:
            texts = [each.value for each in node.args if isinstance(each, ast.Constant) and isinstance(each.value, str)]
            yield from (f"line {node.lineno}: {text!r}" for text in texts if is_private(text.rpartition(".")[2]))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from (f"line {node.lineno}: {found}" for found in PRIVATE.findall(node.value))


def sibling_imports(tree: ast.AST, file: Path) -> Iterator[str]:
    """Return what a file imports from another test file, or by a name that only its folder knows."""
    beside = {path.stem for path in FILES if path.parent.name != "support"}
    for node in ast.walk(tree):
        modules = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        modules += [each.name for each in node.names] if isinstance(node, ast.Import) else []
        yield from (
            f"line {node.lineno}: {name}"
            for name in modules
            if isinstance(node, ast.Import | ast.ImportFrom) and name.split(".")[0] in ("tests", *beside)
        )


def parsed(file: Path) -> ast.AST:
    return ast.parse(file.read_text("utf-8"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(TESTS).as_posix())
def test_a_test_file_keeps_to_the_conventions(file: Path) -> None:
    tree = parsed(file)
    names = names_of_tests(tree)
    assert [name for name in names if len(name) > LONGEST] == [], f"a name has at most {LONGEST} letters"
    assert [name for name, count in Counter(names).items() if count > 1] == [], "of two of one name, one never runs"
    assert [name for name in names if BRITISH.search(name)] == [], "names are in American spelling"
    assert list(private_names(tree)) == [], "test what is public, or make it so"
    assert list(sibling_imports(tree, file)) == [], "what test files share is in tests/support"


BROKEN = {
    "import": "from imgcuda.cpu.session import @wrap",
    "attribute": "from imgcuda import filters\nfilters.@cache.clear()",
    "patch": "def test_a(monkeypatch): monkeypatch.setattr(session, '@pool', None)",
    "program": "PROGRAM = '''\nassert session.@pools\n'''",
}
"""Each with @ for what a private name begins with, so that this file has none."""


@pytest.mark.parametrize("source", BROKEN.values(), ids=BROKEN)
def test_a_private_name_is_found(source: str) -> None:
    assert len(list(private_names(ast.parse(source.replace("@", "_"))))) == 1


def test_what_is_a_tests_own_may_be_private() -> None:
    assert not list(private_names(ast.parse("class A:\n  def f(self): return self._x + self.__class__.__name__")))


def test_an_import_from_another_test_file_is_found() -> None:
    source = "from support.fuzz import compare\nimport test_strips\nfrom tests.conftest import x"
    assert len(list(sibling_imports(ast.parse(source), TESTS / "test_new.py"))) == 2
