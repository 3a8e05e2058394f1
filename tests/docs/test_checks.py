"""The checks of the docs: each finds its kind of mistake, and finds none in the pages as they are."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import imgcuda

ROOT = Path(__file__).parents[2]
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text("utf-8")


@pytest.fixture
def walks() -> ModuleType:
    import walks

    return walks


@pytest.fixture
def public_names() -> ModuleType:
    import public_names

    return public_names


@pytest.fixture
def absolute_links() -> ModuleType:
    import absolute_links

    return absolute_links


# The walks of CONTRIBUTING.md


def test_each_step_of_the_walks_exists(walks: ModuleType) -> None:
    assert walks.wrong(CONTRIBUTING) == []
    assert len(walks.steps(CONTRIBUTING)) > 20


@pytest.mark.parametrize(
    "step", ["gone.py: run", "a.py: gone", "a.py: Kind.gone", "a.py: gone.method", "k.cu: gone"], ids=str
)
def test_a_step_that_does_not_exist_is_named(walks: ModuleType, step: str, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("VALUE: int = 3\nclass Kind:\n    def method(self): ...\ndef function(): ...\n")
    (tmp_path / "k.cu").write_text("__global__ void kernel(int x) {}\n")
    good = "`a.py: VALUE`, `a.py: Kind.method`, `a.py: function`, `k.cu: kernel`"
    assert walks.wrong(good, tmp_path) == []
    file, _, name = step.partition(": ")
    assert walks.wrong(f"{good}, `{step}`", tmp_path) == [f"CONTRIBUTING.md: {file} has no {name}"]


def test_a_page_without_walks_is_wrong(walks: ModuleType) -> None:
    assert walks.wrong("No steps.") == ["CONTRIBUTING.md: there are no walks, written `file: function`"]


# api.md


def test_what_readers_copy_uses_public_names_only(public_names: ModuleType) -> None:
    assert public_names.wrong() == []


def test_all_kinds_of_pages_are_read(public_names: ModuleType) -> None:
    read = {name: public_names.used(code) for name, code in public_names.texts()}
    assert "imgcuda.apply" in read["README.md"]
    assert "imgcuda.Gpu" in read["docs/how-to.md"]
    assert "imgcuda.Filter" in read["examples/imgcuda-glow/glow/__init__.py"]
    assert "imgcuda.testing.contract" in read["imgcuda/cli/templates/point/test.py.txt"]


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("from imgcuda import Filter, Secret", "imgcuda.Secret"),
        ("from imgcuda import (\n    Filter,\n    Secret as Other,\n)", "imgcuda.Secret"),
        ("from imgcuda.registry import build  # it", "imgcuda.registry.build"),
        ("import imgcuda\nimgcuda.pipeline.Pipeline()", "imgcuda.pipeline.Pipeline"),
        ("from imgcuda.testing import contract, guarded", "imgcuda.testing.guarded"),
    ],
)
def test_a_name_that_is_not_public_is_found(public_names: ModuleType, code: str, name: str) -> None:
    assert public_names.private(code) == [name]


@pytest.mark.parametrize(
    "code", ["imgcuda.Filter.parameters()", "import imgcuda.testing", "my.imgcuda.x", "imgcuda blur"]
)
def test_public_names_and_their_attributes_may_be_used(public_names: ModuleType, code: str) -> None:
    assert public_names.private(code) == []


def test_api_md_has_a_heading_for_each_public_name(public_names: ModuleType) -> None:
    headings = (ROOT / "docs" / "api.md").read_text("utf-8").splitlines()
    for name in public_names.listed():
        assert f"### {name.rpartition('.')[2]}" in headings
    assert {f"imgcuda.{name}" for name in imgcuda.__all__} <= public_names.listed()


# README at a release


def test_links_become_absolute_those_to_pictures_apart(absolute_links: ModuleType) -> None:
    text = "![a](docs/a.jpg) and [b](docs/b.md#c), [d](#d), [e](https://e.org), [f](f (x)\n```c\nx[i](j)\n```\n"
    made = "![a](https://r/docs/a.jpg) and [b](https://p/docs/b.md#c), [d](#d), [e](https://e.org), [f](f (x)\n"
    assert absolute_links.absolute(text, "https://p/", "https://r") == f"{made}```c\nx[i](j)\n```\n"


def test_readme_has_no_relative_link_left_at_a_release() -> None:
    command = [
        sys.executable,
        str(ROOT / "docs" / "absolute_links.py"),
        "https://host.example/page",
        "https://host.example/raw",
    ]
    made = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "](https://host.example/raw/docs/pictures/coffee.jpg)" in made
    assert "](https://host.example/page/docs/api.md)" in made
    assert "](docs/" not in made
    assert made.replace("https://host.example/page/", "").replace("https://host.example/raw/", "") == (
        ROOT / "README.md"
    ).read_text("utf-8")


def test_without_two_addresses_the_script_says_how_it_is_called() -> None:
    command = [sys.executable, str(ROOT / "docs" / "absolute_links.py"), "https://host.example"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "PAGES PICTURES" in done.stderr
